/*
 * LD_PRELOADed: a V4L2 camera at $FAKE_CAMERA_DEV, which need not exist.
 *
 * FAKE_CAMERA  mjpeg   gives the file $FAKE_CAMERA_FRAME over and over
 *              yuyv    the same file, a binary PGM, as YUYV
 *              dark    no frame ever
 *              gone    unplugged after three frames
 *              busy denied output   fails as such a device does
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART (4u << 20) /* of the memory file, a buffer each */

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int ioctl(int fd, unsigned long what, ...);
int poll(struct pollfd *p, nfds_t n, int ms);

static int fake_fd = -1;
static unsigned w, h, used, queued, frames, next_buffer;

static bool
is(const char *kind)
{
	const char *k = getenv("FAKE_CAMERA");

	return k != NULL && strcmp(k, kind) == 0;
}

static void
fill(void)
{
	FILE *f = fopen(getenv("FAKE_CAMERA_FRAME"), "rb");
	static unsigned char in[PART], out[PART];
	size_t n = f != NULL ? fread(in, 1, sizeof in, f) : 0;
	unsigned max;
	int at = 0;

	if (f != NULL)
		fclose(f);
	if (is("yuyv")) {
		if (sscanf((char *)in, "P5 %u %u %u%n", &w, &h, &max, &at) != 3)
			abort();
		used = 2 * w * h;
		for (size_t i = 0; i < (size_t)w * h; i++) {
			out[2 * i] = in[(size_t)at + 1 + i];
			out[2 * i + 1] = 128;
		}
	} else {
		used = (unsigned)n;
		w = 1280;
		h = 720;
		memcpy(out, in, n);
	}
	if (used > PART)
		abort();
	for (off_t i = 0; i < 4; i++)
		if (pwrite(fake_fd, out, used, i * (off_t)PART) < 0)
			abort();
}

static int
fake_open(void)
{
	if (is("busy"))
		errno = EBUSY;
	else if (is("denied"))
		errno = EACCES;
	else {
		fake_fd = memfd_create("camera", MFD_CLOEXEC);
		if (ftruncate(fake_fd, 4 * (off_t)PART) != 0)
			abort();
		if (getenv("FAKE_CAMERA_FRAME") != NULL)
			fill();
		return fake_fd;
	}
	return -1;
}

static int
real_open(const char *path, int flags, va_list ap)
{
	int (*real)(const char *, int, ...);
	void *p = dlsym(RTLD_NEXT, "open");
	const char *dev = getenv("FAKE_CAMERA_DEV");

	if (dev != NULL && strcmp(path, dev) == 0)
		return fake_open();
	memcpy(&real, &p, sizeof p);
	return real(path, flags,
	    (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = real_open(path, flags, ap);
	va_end(ap);
	return fd;
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = real_open(path, flags, ap);
	va_end(ap);
	return fd;
}

static int
fake_ioctl(unsigned long what, void *arg)
{
	struct v4l2_capability *cap = arg;
	struct v4l2_format *f = arg;
	struct v4l2_requestbuffers *rq = arg;
	struct v4l2_buffer *b = arg;

	switch (what) {
	case VIDIOC_QUERYCAP:
		cap->capabilities = V4L2_CAP_DEVICE_CAPS;
		cap->device_caps = is("output") ? V4L2_CAP_VIDEO_OUTPUT
						: V4L2_CAP_VIDEO_CAPTURE |
						      V4L2_CAP_STREAMING;
		return 0;
	case VIDIOC_S_FMT:
		f->fmt.pix.pixelformat =
		    is("yuyv") ? V4L2_PIX_FMT_YUYV : V4L2_PIX_FMT_MJPEG;
		f->fmt.pix.width = w;
		f->fmt.pix.height = h;
		f->fmt.pix.bytesperline = is("yuyv") ? 2 * w : 0;
		return 0;
	case VIDIOC_REQBUFS:
		rq->count = 4;
		return 0;
	case VIDIOC_QUERYBUF:
		b->length = PART;
		b->m.offset = b->index * PART;
		return 0;
	case VIDIOC_QBUF:
		queued++;
		return 0;
	case VIDIOC_DQBUF:
		if (is("gone") && frames >= 3)
			break;
		if (is("dark") || queued == 0 || frames % 2 == 1) {
			frames++;
			errno = EAGAIN;
			return -1;
		}
		frames++;
		queued--;
		b->index = next_buffer++ % 4;
		b->bytesused = used;
		return 0;
	case VIDIOC_STREAMON:
	case VIDIOC_STREAMOFF:
		return 0;
	default:
		break;
	}
	errno = ENODEV;
	return -1;
}

int
ioctl(int fd, unsigned long what, ...)
{
	int (*real)(int, unsigned long, ...);
	void *p = dlsym(RTLD_NEXT, "ioctl"), *arg;
	va_list ap;

	va_start(ap, what);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd == fake_fd && fd >= 0)
		return fake_ioctl(what, arg);
	memcpy(&real, &p, sizeof p);
	return real(fd, what, arg);
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	int (*real)(struct pollfd *, nfds_t, int);
	void *f = dlsym(RTLD_NEXT, "poll");

	if (n == 1 && p->fd == fake_fd && p->fd >= 0) {
		if (is("dark")) {
			usleep(1000 * (useconds_t)ms);
			return 0;
		}
		usleep(20000); /* fifty frames a second */
		p->revents = POLLIN;
		return 1;
	}
	memcpy(&real, &f, sizeof f);
	return real(p, n, ms);
}
