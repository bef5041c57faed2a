/*
 * Files that protos import from where there is nothing to fetch: what Google's own services and their users share. The names and numbers of the fields are those of the published files; those that only
 * define options are empty, since options do not change what goes over the wire.
 */

const OPTIONS_ONLY = [
  "google/api/annotations.proto",
  "google/api/client.proto",
  "google/api/field_behavior.proto",
  "google/api/field_info.proto",
  "google/api/http.proto",
  "google/api/resource.proto",
  "google/api/routing.proto",
  "google/api/visibility.proto",
];

const file = (pkg: string, content: string, ...imports: readonly string[]): string =>
  [
    `syntax = "proto3"; package ${pkg};`,
    ...imports.map((name) => `import "google/protobuf/${name}.proto";`),
    content,
  ].join("\n");

const EXTENSIBLE = ["File", "Message", "Field", "Oneof", "Enum", "EnumValue", "Service", "Method", "ExtensionRange"];

/** Text of a bundled file by its import name; `google/protobuf` types that the parser brings itself are not among them. */
export const bundledProtos: ReadonlyMap<string, string> = new Map([
  ...OPTIONS_ONLY.map((name) => [name, 'syntax = "proto3";'] as const),
  [
    "google/protobuf/descriptor.proto",
    `syntax = "proto2"; package google.protobuf;
${EXTENSIBLE.map((what) => `message ${what}Options { extensions 1000 to max; }`).join("\n")}`,
  ],
  ["google/protobuf/source_context.proto", file("google.protobuf", "message SourceContext { string file_name = 1; }")],
  [
    "google/protobuf/type.proto",
    file(
      "google.protobuf",
      `enum Syntax { SYNTAX_PROTO2 = 0; SYNTAX_PROTO3 = 1; SYNTAX_EDITIONS = 2; }
message Option { string name = 1; Any value = 2; }
message Type { string name = 1; repeated Field fields = 2; repeated string oneofs = 3; repeated Option options = 4; SourceContext source_context = 5; Syntax syntax = 6; string edition = 7; }
message Enum { string name = 1; repeated EnumValue enumvalue = 2; repeated Option options = 3; SourceContext source_context = 4; Syntax syntax = 5; string edition = 6; }
message EnumValue { string name = 1; int32 number = 2; repeated Option options = 3; }
message Field {
  enum Kind {
    TYPE_UNKNOWN = 0; TYPE_DOUBLE = 1; TYPE_FLOAT = 2; TYPE_INT64 = 3; TYPE_UINT64 = 4; TYPE_INT32 = 5; TYPE_FIXED64 = 6; TYPE_FIXED32 = 7; TYPE_BOOL = 8; TYPE_STRING = 9;
    TYPE_GROUP = 10; TYPE_MESSAGE = 11; TYPE_BYTES = 12; TYPE_UINT32 = 13; TYPE_ENUM = 14; TYPE_SFIXED32 = 15; TYPE_SFIXED64 = 16; TYPE_SINT32 = 17; TYPE_SINT64 = 18;
  }
  enum Cardinality { CARDINALITY_UNKNOWN = 0; CARDINALITY_OPTIONAL = 1; CARDINALITY_REQUIRED = 2; CARDINALITY_REPEATED = 3; }
  Kind kind = 1; Cardinality cardinality = 2; int32 number = 3; string name = 4; string type_url = 6; int32 oneof_index = 7; bool packed = 8; repeated Option options = 9;
  string json_name = 10; string default_value = 11;
}`,
      "any",
      "source_context",
    ),
  ],
  [
    "google/protobuf/api.proto",
    file(
      "google.protobuf",
      `message Api { string name = 1; repeated Method methods = 2; repeated Option options = 3; string version = 4; SourceContext source_context = 5; repeated Mixin mixins = 6; Syntax syntax = 7; }
message Method { string name = 1; string request_type_url = 2; bool request_streaming = 3; string response_type_url = 4; bool response_streaming = 5; repeated Option options = 6; Syntax syntax = 7; }
message Mixin { string name = 1; string root = 2; }`,
      "source_context",
      "type",
    ),
  ],
  [
    "google/api/httpbody.proto",
    file(
      "google.api",
      "message HttpBody { string content_type = 1; bytes data = 2; repeated google.protobuf.Any extensions = 3; }",
      "any",
    ),
  ],
  [
    "google/rpc/code.proto",
    file(
      "google.rpc",
      `enum Code {
  OK = 0; CANCELLED = 1; UNKNOWN = 2; INVALID_ARGUMENT = 3; DEADLINE_EXCEEDED = 4; NOT_FOUND = 5; ALREADY_EXISTS = 6; PERMISSION_DENIED = 7; UNAUTHENTICATED = 16;
  RESOURCE_EXHAUSTED = 8; FAILED_PRECONDITION = 9; ABORTED = 10; OUT_OF_RANGE = 11; UNIMPLEMENTED = 12; INTERNAL = 13; UNAVAILABLE = 14; DATA_LOSS = 15;
}`,
    ),
  ],
  [
    "google/rpc/status.proto",
    file(
      "google.rpc",
      "message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }",
      "any",
    ),
  ],
  [
    "google/rpc/error_details.proto",
    file(
      "google.rpc",
      `message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
message RetryInfo { google.protobuf.Duration retry_delay = 1; }
message DebugInfo { repeated string stack_entries = 1; string detail = 2; }
message QuotaFailure { message Violation { string subject = 1; string description = 2; } repeated Violation violations = 1; }
message PreconditionFailure { message Violation { string type = 1; string subject = 2; string description = 3; } repeated Violation violations = 1; }
message BadRequest { message FieldViolation { string field = 1; string description = 2; } repeated FieldViolation field_violations = 1; }
message RequestInfo { string request_id = 1; string serving_data = 2; }
message ResourceInfo { string resource_type = 1; string resource_name = 2; string owner = 3; string description = 4; }
message Help { message Link { string description = 1; string url = 2; } repeated Link links = 1; }
message LocalizedMessage { string locale = 1; string message = 2; }`,
      "duration",
    ),
  ],
  ["google/type/date.proto", file("google.type", "message Date { int32 year = 1; int32 month = 2; int32 day = 3; }")],
  [
    "google/type/datetime.proto",
    file(
      "google.type",
      `message DateTime { int32 year = 1; int32 month = 2; int32 day = 3; int32 hours = 4; int32 minutes = 5; int32 seconds = 6; int32 nanos = 7; oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; } }
message TimeZone { string id = 1; string version = 2; }`,
      "duration",
    ),
  ],
  [
    "google/type/dayofweek.proto",
    file(
      "google.type",
      "enum DayOfWeek { DAY_OF_WEEK_UNSPECIFIED = 0; MONDAY = 1; TUESDAY = 2; WEDNESDAY = 3; THURSDAY = 4; FRIDAY = 5; SATURDAY = 6; SUNDAY = 7; }",
    ),
  ],
  [
    "google/type/month.proto",
    file(
      "google.type",
      `enum Month { MONTH_UNSPECIFIED = 0; JANUARY = 1; FEBRUARY = 2; MARCH = 3; APRIL = 4; MAY = 5; JUNE = 6; JULY = 7; AUGUST = 8; SEPTEMBER = 9; OCTOBER = 10; NOVEMBER = 11; DECEMBER = 12; }`,
    ),
  ],
  ["google/type/decimal.proto", file("google.type", "message Decimal { string value = 1; }")],
  [
    "google/type/fraction.proto",
    file("google.type", "message Fraction { int64 numerator = 1; int64 denominator = 2; }"),
  ],
  [
    "google/type/interval.proto",
    file(
      "google.type",
      "message Interval { google.protobuf.Timestamp start_time = 1; google.protobuf.Timestamp end_time = 2; }",
      "timestamp",
    ),
  ],
  ["google/type/latlng.proto", file("google.type", "message LatLng { double latitude = 1; double longitude = 2; }")],
  [
    "google/type/localized_text.proto",
    file("google.type", "message LocalizedText { string text = 1; string language_code = 2; }"),
  ],
  [
    "google/type/money.proto",
    file("google.type", "message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }"),
  ],
  [
    "google/type/phone_number.proto",
    file(
      "google.type",
      "message PhoneNumber { message ShortCode { string region_code = 1; string number = 2; } oneof kind { string e164_number = 1; ShortCode short_code = 2; } string extension = 3; }",
    ),
  ],
  [
    "google/type/postal_address.proto",
    file(
      "google.type",
      `message PostalAddress {
  int32 revision = 1; string region_code = 2; string language_code = 3; string postal_code = 4; string sorting_code = 5; string administrative_area = 6; string locality = 7;
  string sublocality = 8; repeated string address_lines = 9; repeated string recipients = 10; string organization = 11;
}`,
    ),
  ],
  [
    "google/type/timeofday.proto",
    file(
      "google.type",
      "message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }",
    ),
  ],
]);
