/*
 * The load generator: HTTP/1.1 with keep-alive on one thread, so that it takes little of the cores it shares with what it measures. The same for all engines.
 *
 *   load ADDRESS PORT CONNECTIONS WINDOW_MS REQUEST_FILE EXPECTED [RATE] [COUNT] [FIRST]
 *
 * REQUEST_FILE is one request, byte for byte; a run of '@' in it is replaced by a number that counts up from FIRST, of the same width, and a run of 13 '#' by the time in epoch ms. An answer counts
 * when its status is 200 or 202 and its body has EXPECTED. Without RATE (or 0) it is a closed loop: every connection sends when its last answer has come. With RATE it is an open loop: requests are due at fixed times, wait for a free connection
 * if need be, and their latency is counted from when they were due. With COUNT it sends no more than that and ends when all are answered. Prints one line of JSON; the first error ends it with status 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 4 << 20, ANSWER_MS_MAX = 30000 };

struct connection {
  int socket, busy;
  double began;
  char *answer;
  size_t length, capacity;
};

static char *request, *expected;
static size_t request_length, number_at, number_width, time_at;
static long next_number;

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void fail(const char *what, const char *detail, size_t length) {
  fprintf(stderr, "%s: %.*s\n", what, (int)(length > 600 ? 600 : length), detail);
  exit(1);
}

static void dial(struct connection *one, const char *address, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int on = 1;
  inet_pton(AF_INET, address, &to.sin_addr);
  one->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(one->socket, (struct sockaddr *)&to, sizeof to) != 0) fail("cannot connect", strerror(errno), 200);
  setsockopt(one->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(one->socket, F_SETFL, O_NONBLOCK);
  one->capacity = 16384;
  one->answer = malloc(one->capacity);
}

static void ask(struct connection *one, double began) {
  if (number_width > 0) {
    char digits[32];
    int width = snprintf(digits, sizeof digits, "%0*ld", (int)number_width, next_number++);
    memcpy(request + number_at, digits + width - number_width, number_width);
  }
  if (time_at > 0) {
    struct timespec time;
    char digits[32];
    clock_gettime(CLOCK_REALTIME, &time);
    snprintf(digits, sizeof digits, "%013lld", (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000);
    memcpy(request + time_at, digits, 13);
  }
  one->busy = 1;
  one->began = began;
  one->length = 0;
  for (size_t sent = 0; sent < request_length;) {
    ssize_t written = write(one->socket, request + sent, request_length - sent);
    if (written > 0) sent += (size_t)written;
    else if (errno != EAGAIN) fail("cannot send", strerror(errno), 200);
  }
}

/* The end of a chunked body; 0 while it is not there. Takes the chunks' frames out. */
static int unchunk(char *body, size_t length, size_t *content) {
  size_t at = 0, out = 0;
  for (;;) {
    char *line = memmem(body + at, length - at, "\r\n", 2);
    if (line == NULL) return 0;
    size_t size = strtoul(body + at, NULL, 16), start = (size_t)(line - body) + 2;
    if (start + size + 2 > length) return 0;
    if (size == 0) return *content = out, 1;
    memmove(body + out, body + start, size);
    out += size;
    at = start + size + 2;
  }
}

/* Whether the answer is whole; checks it then. */
static int answered(struct connection *one) {
  char *end = memmem(one->answer, one->length, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  *end = 0;
  char *body = end + 4, *field = strcasestr(one->answer, "\r\ncontent-length:");
  size_t have = one->length - (size_t)(body - one->answer), content;
  if (field != NULL) {
    content = strtoul(field + 17, NULL, 10);
    if (have < content) return *end = '\r', 0;
  } else {
    /* A body that is not whole stays as it came. */
    if (have < 5 || memcmp(body + have - 5, "0\r\n\r\n", 5) != 0) return *end = '\r', 0;
    if (!unchunk(body, have, &content)) return *end = '\r', 0;
  }
  int status = atoi(one->answer + 9);
  if (status != 200 && status != 202) fail("refused", body, content);
  if (memmem(body, content, expected, strlen(expected)) == NULL) fail("wrong answer", body, content);
  return 1;
}

static int receive(struct connection *one) {
  for (;;) {
    if (one->length + 1 >= one->capacity) one->answer = realloc(one->answer, one->capacity *= 2);
    if (one->capacity > ANSWER_MAX) fail("answer too long", "", 0);
    ssize_t got = read(one->socket, one->answer + one->length, one->capacity - one->length - 1);
    if (got == 0) fail("connection closed", one->answer, one->length);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got < 0) fail("cannot receive", strerror(errno), 200);
    one->length += (size_t)got;
    one->answer[one->length] = 0;
    if (answered(one)) return 1;
  }
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int count, char **given) {
  if (count < 7) fail("usage", "load ADDRESS PORT CONNECTIONS WINDOW_MS REQUEST_FILE EXPECTED [RATE] [COUNT] [FIRST]", 200);
  int port = atoi(given[2]), connections = atoi(given[3]);
  double window = atof(given[4]), rate = count > 7 ? atof(given[7]) : 0;
  long total = count > 8 ? atol(given[8]) : 0;
  next_number = count > 9 ? atol(given[9]) : 0;
  expected = given[6];
  FILE *file = fopen(given[5], "r");
  if (file == NULL) fail("cannot read", given[5], 200);
  request = malloc(1 << 20);
  request_length = fread(request, 1, 1 << 20, file);
  char *number = memchr(request, '@', request_length);
  if (number != NULL) {
    number_at = (size_t)(number - request);
    while (number[number_width] == '@') number_width++;
  }
  char *time_field = memmem(request, request_length, "#############", 13);
  if (time_field != NULL) time_at = (size_t)(time_field - request);
  struct rlimit files = {1 << 16, 1 << 16};
  setrlimit(RLIMIT_NOFILE, &files);

  int poll = epoll_create1(0);
  struct connection *all = calloc((size_t)connections, sizeof *all);
  struct connection **idle = calloc((size_t)connections, sizeof *idle);
  size_t latencies_max = 1 << 22, done = 0, idle_count = 0;
  double *latencies = malloc(latencies_max * sizeof *latencies);
  for (int i = 0; i < connections; i++) {
    dial(&all[i], given[1], port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &event);
    idle[idle_count++] = &all[i];
  }

  double began = now_ms(), last_answer = began, due = began;
  long sent = 0, open = 0;
  for (;;) {
    double now = now_ms();
    int over = (total > 0 && sent >= total) || now - began >= window;
    if (over && (open == 0 || total == 0)) break;
    while (idle_count > 0 && !over && (rate == 0 || due <= now)) {
      ask(idle[--idle_count], rate == 0 ? now_ms() : due);
      due += rate == 0 ? 0 : 1e3 / rate;
      sent++, open++;
      over |= total > 0 && sent >= total;
    }
    struct epoll_event events[256];
    int wait = rate == 0 || idle_count == 0 || over ? 1000 : (int)(due - now_ms());
    int ready = epoll_wait(poll, events, 256, wait < 0 ? 0 : wait);
    for (int i = 0; i < ready; i++) {
      struct connection *one = events[i].data.ptr;
      if (!receive(one) || !one->busy) continue;
      one->busy = 0;
      last_answer = now_ms();
      if (total > 0 || last_answer - began <= window) latencies[done < latencies_max - 1 ? done++ : done] = last_answer - one->began;
      idle[idle_count++] = one;
      open--;
    }
    if (now_ms() - last_answer > ANSWER_MS_MAX && open > 0) fail("no answer", "for 30 s", 20);
  }
  double elapsed = total > 0 ? last_answer - began : window;
  qsort(latencies, done, sizeof *latencies, ascending);
#define AT(share) (done == 0 ? 0 : latencies[(size_t)((double)(done - 1) * (share))])
  printf("{\"completed\":%zu,\"perSecond\":%.2f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"open\":%ld}\n", done, done / elapsed * 1e3, AT(0.5), AT(0.9), AT(0.99), AT(1), open);
  return 0;
}
