// A vendor that costs next to nothing: what gateways are measured in front of, and asked directly beside them.
//
//   POST /whole/...                       one answer, always the same, once the whole request has come
//   POST /stream/CHUNKS/PAUSE_MS/...      so many events of text: the first at once, each other one after a pause
//
// One thread, one epoll. Its port is the one line that it prints. It takes what a gateway sends, HTTP/1.1 with a
// content-length, one request at a time on a connection, and hangs up on anything else: the bench sees a failure then.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 16384, MAX_HEAD = 16384, SCRATCH = 1 << 17, EVENTS = 256 };

struct connection {
    char head[MAX_HEAD];
    size_t have;        // bytes of the head that have come
    long long body;     // bytes of the body that are still to come; -1 while the head is
    long chunks, pause; // of the stream that was asked for; chunks is 0 for a whole answer
    long left;          // chunks of the stream that are still to be sent
    long long due;      // when the next one is, in nanoseconds
    int at;             // place among the streams; -1 while none is sent
};

static struct connection *connections[MAX_CONNECTIONS];
static int streams[MAX_CONNECTIONS], streaming;
static char whole[2048], begin[4096], middle[2048], end[4096], scratch[SCRATCH];

static void die(const char *what) {
    perror(what);
    exit(1);
}

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// One event of text, as a chunk of the transfer.
static void event(char *out, size_t room, const char *delta, const char *reason, const char *more) {
    char text[2048];
    snprintf(text, sizeof text,
             "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
             "\"model\":\"small\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n%s",
             delta, reason, more);
    snprintf(out, room, "%zx\r\n%s\r\n", strlen(text), text);
}

static void compose(void) {
    const char *answer =
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"small\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
        "\"content\":\"Hello there, how may I help you today?\"},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":9,\"total_tokens\":409}}";
    const char *usage =
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
        "\"model\":\"small\",\"choices\":[],"
        "\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":9,\"total_tokens\":409}}\n\ndata: [DONE]\n\n";
    snprintf(whole, sizeof whole,
             "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s", strlen(answer),
             answer);
    char first[2048];
    event(first, sizeof first, "{\"role\":\"assistant\",\"content\":\"Hello \"}", "null", "");
    snprintf(begin, sizeof begin,
             "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n%s", first);
    event(middle, sizeof middle, "{\"content\":\"there \"}", "null", "");
    event(end, sizeof end, "{\"content\":\"again.\"}", "\"stop\"", usage);
    strcat(end, "0\r\n\r\n");
}

static void leave_streams(struct connection *c) {
    if (c->at < 0) return;
    int last = streams[--streaming];
    streams[c->at] = last;
    connections[last]->at = c->at;
    c->at = -1;
}

static void hang_up(int fd) {
    leave_streams(connections[fd]);
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

// What is sent is far smaller than a socket's buffer: where it does not fit, nobody reads, and the connection ends.
static int tell(int fd, const char *text) {
    ssize_t length = (ssize_t)strlen(text);
    if (send(fd, text, length, MSG_NOSIGNAL) == length) return 1;
    hang_up(fd);
    return 0;
}

static void next_chunk(int fd) {
    struct connection *c = connections[fd];
    int first = c->left == c->chunks;
    c->left--;
    c->due += c->pause;
    if (first && !tell(fd, begin)) return;
    if (!first && c->left && !tell(fd, middle)) return;
    if (!c->left) {
        leave_streams(c);
        tell(fd, end);
    }
}

static void answer(int fd) {
    struct connection *c = connections[fd];
    c->have = 0;
    c->body = -1;
    if (!c->chunks) {
        tell(fd, whole);
        return;
    }
    c->left = c->chunks;
    c->due = now();
    c->at = streaming;
    streams[streaming++] = fd;
    next_chunk(fd);
}

// What the head says: where the request goes, and how long its body is. 0 for what is not understood.
static int understand(struct connection *c) {
    char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (!length) return 0;
    c->body = atoll(length + strlen("\r\ncontent-length:"));
    c->chunks = c->pause = 0;
    if (sscanf(c->head, "POST /stream/%ld/%ld/", &c->chunks, &c->pause) == 2) {
        c->pause *= 1000000;
        return c->chunks >= 2 && c->pause >= 0;
    }
    return strncmp(c->head, "POST /whole/", strlen("POST /whole/")) == 0;
}

static void take(int fd) {
    struct connection *c = connections[fd];
    for (;;) {
        ssize_t got;
        if (c->body < 0) {
            got = recv(fd, c->head + c->have, MAX_HEAD - 1 - c->have, 0);
        } else {
            got = recv(fd, scratch, c->body < SCRATCH ? c->body : SCRATCH, 0);
        }
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0 || c->at >= 0) {
            hang_up(fd);
            return;
        }
        if (c->body < 0) {
            c->have += got;
            c->head[c->have] = 0;
            char *over = strstr(c->head, "\r\n\r\n");
            if (!over) {
                if (c->have < MAX_HEAD - 1) continue;
                hang_up(fd);
                return;
            }
            size_t begun = c->head + c->have - (over + 4);
            over[2] = 0;
            if (!understand(c) || (c->body -= (long long)begun) < 0) {
                hang_up(fd);
                return;
            }
        } else {
            c->body -= got;
        }
        if (c->body == 0) {
            answer(fd);
            return;
        }
    }
}

static void welcome(int listener, int epoll) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= MAX_CONNECTIONS || !(connections[fd] = malloc(sizeof(struct connection)))) {
            close(fd);
            continue;
        }
        connections[fd]->have = 0;
        connections[fd]->body = connections[fd]->at = -1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest)) die("epoll_ctl");
    }
}

// Send what is due. Milliseconds to what is due next, rounded up; -1 where nothing is.
static int send_due(void) {
    long long at = now(), next = -1;
    for (int i = streaming - 1; i >= 0; i--) {
        int fd = streams[i];
        if (connections[fd]->due <= at) next_chunk(fd);
        if (connections[fd] && connections[fd]->at >= 0) {
            long long due = connections[fd]->due;
            if (next < 0 || due < next) next = due;
        }
    }
    if (next < 0) return -1;
    return next <= at ? 0 : (int)((next - at + 999999) / 1000000);
}

int main(void) {
    compose();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), epoll = epoll_create1(EPOLL_CLOEXEC);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    if (listener < 0 || epoll < 0) die("socket");
    if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, 4096)) die("listen");
    if (getsockname(listener, (struct sockaddr *)&here, &size)) die("getsockname");
    struct epoll_event events[EVENTS] = {{.events = EPOLLIN, .data.fd = listener}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, events)) die("epoll_ctl");
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, send_due());
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) welcome(listener, epoll);
            else if (connections[events[i].data.fd]) take(events[i].data.fd);
        }
    }
}
