#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/file.h"
#include "fixture.h"

/* One connection after the other, one request each; enough for a client of
 * ours and nothing more. */
struct httpd {
	char dir[256];
	int sock;
	pthread_t thread;
	atomic_uint requests, unchanged;
	atomic_int mode;
	atomic_bool stop;
	char watched[128];
	unsigned times;
};

static void
send_all(int fd, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
		if (w <= 0)
			return;
		p = (const char *)p + w;
		n -= (size_t)w;
	}
}

static void
etag_of(struct bytes b, char out[static 32])
{
	uint8_t sha[32];

	trust_sha256(sha, b, (struct bytes){0});
	snprintf(out, 32, "\"%02x%02x%02x%02x%02x%02x\"", sha[0], sha[1],
	    sha[2], sha[3], sha[4], sha[5]);
}

static void
answer(struct httpd *h, int fd, const char *path, const char *req)
{
	static const char junk[4096];
	char full[640], head[256], etag[32] = "";
	uint8_t *buf = NULL;
	struct why why;
	size_t len = 0;
	int mode = atomic_load(&h->mode);

	snprintf(full, sizeof full, "%s%s", h->dir, path);
	/* "NAME.2": what NAME is the second time it is asked for */
	if (strcmp(path, h->watched) == 0) {
		snprintf(
		    full, sizeof full, "%s%s.%u", h->dir, path, ++h->times);
		if (access(full, F_OK) != 0)
			snprintf(full, sizeof full, "%s%s", h->dir, path);
	}
	if (mode == HTTPD_REDIRECT)
		snprintf(head, sizeof head,
		    "HTTP/1.1 302 Found\r\nLocation: /else%.100s\r\n"
		    "Content-Length: 0\r\nConnection: close\r\n\r\n",
		    path);
	else if (mode == HTTPD_500)
		strcpy(head, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n"
			     "Connection: close\r\n\r\n");
	else if (mode == HTTPD_HUGE)
		strcpy(head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	else if (strncmp(path, "/else", 5) == 0 ||
		 file_read(full, 1 << 24, &buf, &len, &why) != CRED_OK)
		strcpy(head, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n"
			     "Connection: close\r\n\r\n");
	else {
		etag_of(bytes_of(buf, len), etag);
		snprintf(head, sizeof head,
		    "HTTP/1.1 200 OK\r\nETag: %s\r\n"
		    "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		    etag, len);
	}
	if (*etag != '\0' && strstr(req, "If-None-Match: ") != NULL &&
	    strstr(req, etag) != NULL) {
		snprintf(head, sizeof head,
		    "HTTP/1.1 304 Not Modified\r\nETag: %s\r\n"
		    "Connection: close\r\n\r\n",
		    etag);
		len = 0;
		atomic_fetch_add(&h->unchanged, 1);
	}
	send_all(fd, head, strlen(head));
	if (mode == HTTPD_CUT)
		len /= 2;
	send_all(fd, buf, len);
	for (int i = 0; mode == HTTPD_HUGE && i < 40000; i++)
		if (send(fd, junk, sizeof junk, MSG_NOSIGNAL) <= 0)
			break;
	free(buf);
}

static void *
serve(void *arg)
{
	struct httpd *h = arg;

	for (;;) {
		int fd = accept(h->sock, NULL, NULL);
		char req[2048], path[256];
		ssize_t n;
		if (fd < 0 || atomic_load(&h->stop)) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
		n = recv(fd, req, sizeof req - 1, 0);
		req[n > 0 ? n : 0] = '\0';
		if (sscanf(req, "GET %255s HTTP/1.1", path) == 1) {
			atomic_fetch_add(&h->requests, 1);
			answer(h, fd, path, req);
		}
		close(fd);
	}
}

struct httpd *
httpd_start(const char *dir, char url[static 64])
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct httpd *h = calloc(1, sizeof *h);
	socklen_t len = sizeof a;

	assert_non_null(h);
	snprintf(h->dir, sizeof h->dir, "%s", dir);
	h->sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(h->sock, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(h->sock, 16), 0);
	assert_int_equal(getsockname(h->sock, (struct sockaddr *)&a, &len), 0);
	snprintf(url, 64, "http://127.0.0.1:%d/", ntohs(a.sin_port));
	assert_int_equal(pthread_create(&h->thread, NULL, serve, h), 0);
	return h;
}

void
httpd_mode(struct httpd *h, enum httpd_mode mode)
{
	atomic_store(&h->mode, mode);
}

void
httpd_watch(struct httpd *h, const char *path)
{
	snprintf(h->watched, sizeof h->watched, "%s", path);
}

unsigned
httpd_requests(struct httpd *h)
{
	return atomic_load(&h->requests);
}

unsigned
httpd_unchanged(struct httpd *h)
{
	return atomic_load(&h->unchanged);
}

void
httpd_stop(struct httpd *h)
{
	atomic_store(&h->stop, true);
	shutdown(h->sock, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	close(h->sock);
	free(h);
}
