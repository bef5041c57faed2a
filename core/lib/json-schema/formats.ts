import { parsePointer } from "../json-pointer.ts";
import { splitUriReference, uriReferenceProblem } from "../uri-reference.ts";
import { isUriTemplateProblem, parseUriTemplate } from "../uri-template.ts";
import { patternProblem } from "./pattern.ts";

/** A format longer than this is not what it says: none of them needs more, and checks stay cheap. */
const TEXT_LENGTH_MAX = 8192;

/** The formats that are asserted, each with its test; every other format is an annotation, as the specification has it. */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map(
  Object.entries({
    "date-time": isDateTime,
    date: isDate,
    time: isTime,
    duration: isDuration,
    email: isEmail,
    hostname: isHostname,
    ipv4: isIpv4,
    ipv6: isIpv6,
    uri: (text: string) => uriReferenceProblem(text) === undefined && splitUriReference(text).scheme !== undefined,
    "uri-reference": (text: string) => uriReferenceProblem(text) === undefined,
    "uri-template": (text: string) => !isUriTemplateProblem(parseUriTemplate(text)),
    uuid: (text: string) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/iu.test(text),
    "json-pointer": (text: string) => parsePointer(text) !== undefined,
    "relative-json-pointer": (text: string) => /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^/~]|~[01])*)*)$/u.test(text),
    regex: (text: string) => patternProblem(text) === undefined,
  }).map(([name, test]) => [name, (text: string) => text.length <= TEXT_LENGTH_MAX && test(text)] as const),
);

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/u.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const lastDay = new Date(new Date(0).setUTCFullYear(year, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay;
}

function isTime(text: string): boolean {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/iu.exec(text);
  if (match === null) return false;
  const [hour, minute, second] = match.slice(1, 4).map(Number) as [number, number, number];
  const [zoneHour, zoneMinute] = match.slice(5).map((part) => Number(part ?? 0)) as [number, number];
  if (hour > 23 || minute > 59 || second > 60 || zoneHour > 23 || zoneMinute > 59) return false;
  if (second < 60) return true;
  // A leap second exists only at the end of a day in UTC.
  const sign = match[4] === "-" ? -1 : 1;
  const utcMinutes = hour * 60 + minute - sign * (zoneHour * 60 + zoneMinute);
  return ((utcMinutes % 1440) + 1440) % 1440 === 1439;
}

function isDateTime(text: string): boolean {
  return /^.{10}t/iu.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

function isDuration(text: string): boolean {
  const calendar =
    /^P(?!$)(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?(?:T(?=\d)(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?$/u;
  return calendar.test(text) || /^P\d+W$/u.test(text);
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || at > 64 + 2) return false;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  const atom = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/u;
  const quoted = /^"(?:[^"\\]|\\.)*"$/u;
  const literal = /^\[(.*)\]$/u.exec(domain)?.[1];
  if (!atom.test(local) && !quoted.test(local)) return false;
  if (literal === undefined) return isHostname(domain);
  return literal.startsWith("IPv6:") ? isIpv6(literal.slice(5)) : isIpv4(literal);
}

function isHostname(text: string): boolean {
  if (text.length === 0 || text.length > 253) return false;
  return text
    .split(".")
    .every((label) =>
      /^(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$|^[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9]$/u.test(label),
    );
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$/u.test(text) && !text.endsWith(".");
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2 || !/^[0-9a-f:.]+$/iu.test(text)) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const hasIpv4 = last.includes(".") && !text.endsWith("::");
  if (hasIpv4 && !isIpv4(last)) return false;
  const plain = hasIpv4 ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))) return false;
  const count = plain.length + (hasIpv4 ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}
