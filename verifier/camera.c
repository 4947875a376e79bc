#include "verifier/camera.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edge/lang.h"

#define DEFAULT_DEV "/dev/video0"
#define WIDTH	    1280
#define HEIGHT	    720
#define BUFFERS	    4
#define SIDE_MAX    8192

struct camera {
	const char *dev;
	int fd;
	uint32_t format, w, h, stride;
	bool streaming;
	unsigned n;
	struct {
		void *ptr;
		size_t len;
	} buffers[BUFFERS];
	uint8_t *frame; /* the last one given out */
};

static int
call(const struct camera *c, unsigned long what, void *arg)
{
	int n;

	do
		n = ioctl(c->fd, what, arg);
	while (n < 0 && errno == EINTR);
	return n;
}

static enum cred_err
fail(const struct camera *c, int err, struct why *why)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return why_set(why, CRED_FAULT_IO,
		    TR("no camera at %s; plug one in, or name another with "
		       "--camera=DEV",
			"%s 没有摄像头；请接上摄像头，或用 --camera=设备 "
			"指定其他设备"),
		    c->dev);
	case EACCES:
	case EPERM:
		return why_set(why, CRED_FAULT_IO,
		    TR("no permission for the camera %s; join the group video "
		       "and log in again",
			"没有使用摄像头 %s 的权限；请加入 video "
			"用户组后重新登录"),
		    c->dev);
	case EBUSY:
		return why_set(why, CRED_FAULT_IO,
		    TR("the camera %s is used by another program; close that "
		       "first",
			"摄像头 %s 正被其他程序占用，请先关闭该程序"),
		    c->dev);
	case ENOTTY:
	case EINVAL:
		return why_set(why, CRED_FAULT_IO,
		    TR("%s is no camera that gives pictures in MJPEG or YUYV",
			"%s 不是可用的摄像头（需支持 MJPEG 或 YUYV）"),
		    c->dev);
	default:
		return why_errno(
		    why, err, TR("the camera fails", "摄像头出错"), c->dev);
	}
}

/* MJPEG, else YUYV; the driver may choose another size. */
static int
choose_format(struct camera *c)
{
	static const uint32_t formats[] = {
	    V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV};
	struct v4l2_capability cap = {0};
	uint32_t caps;

	if (call(c, VIDIOC_QUERYCAP, &cap) != 0)
		return errno;
	caps = (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0
		   ? cap.device_caps
		   : cap.capabilities;
	if ((caps & V4L2_CAP_VIDEO_CAPTURE) == 0 ||
	    (caps & V4L2_CAP_STREAMING) == 0)
		return EINVAL;
	for (size_t i = 0; i < 2; i++) {
		struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
		f.fmt.pix.width = WIDTH;
		f.fmt.pix.height = HEIGHT;
		f.fmt.pix.pixelformat = formats[i];
		f.fmt.pix.field = V4L2_FIELD_ANY;
		if (call(c, VIDIOC_S_FMT, &f) != 0) {
			if (errno != EINVAL)
				return errno;
			continue;
		}
		if (f.fmt.pix.pixelformat != formats[i])
			continue;
		c->format = formats[i];
		c->w = f.fmt.pix.width;
		c->h = f.fmt.pix.height;
		c->stride = f.fmt.pix.bytesperline;
		return 0;
	}
	return EINVAL;
}

static int
start(struct camera *c)
{
	struct v4l2_requestbuffers rq = {.count = BUFFERS,
	    .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
	    .memory = V4L2_MEMORY_MMAP};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (call(c, VIDIOC_REQBUFS, &rq) != 0)
		return errno;
	if (rq.count < 2)
		return ENOMEM;
	for (unsigned i = 0; i < rq.count && i < BUFFERS; i++) {
		struct v4l2_buffer b = {.index = i,
		    .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		    .memory = V4L2_MEMORY_MMAP};
		void *p;
		if (call(c, VIDIOC_QUERYBUF, &b) != 0)
			return errno;
		p = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		    c->fd, b.m.offset);
		if (p == MAP_FAILED)
			return errno;
		c->buffers[i].ptr = p;
		c->buffers[i].len = b.length;
		c->n = i + 1;
		if (call(c, VIDIOC_QBUF, &b) != 0)
			return errno;
	}
	if (call(c, VIDIOC_STREAMON, &type) != 0)
		return errno;
	c->streaming = true;
	return 0;
}

enum cred_err
camera_open(const char *dev, struct camera **out, struct why *why)
{
	struct camera *c = calloc(1, sizeof *c);
	enum cred_err e;
	int err = 0;

	if (c == NULL)
		return why_errno(why, ENOMEM, "calloc", "camera");
	c->dev = dev != NULL ? dev : DEFAULT_DEV;
	c->fd = open(c->dev, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0)
		err = errno;
	if (err == 0)
		err = choose_format(c);
	if (err == 0)
		err = start(c);
	if (err != 0) {
		e = fail(c, err, why);
		camera_close(c);
		return e;
	}
	*out = c;
	return CRED_OK;
}

void
camera_close(struct camera *c)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (c == NULL)
		return;
	if (c->streaming)
		(void)call(c, VIDIOC_STREAMOFF, &type);
	for (unsigned i = 0; i < c->n; i++)
		munmap(c->buffers[i].ptr, c->buffers[i].len);
	if (c->fd >= 0)
		close(c->fd);
	free(c->frame);
	free(c);
}

uint8_t *
camera_yuyv_bmp(struct bytes in, uint32_t w, uint32_t h, uint32_t stride,
    size_t *len)
{
	uint32_t row = (w + 3) / 4 * 4, at = 14 + 40 + 4 * 256;
	uint8_t *out;

	if (stride == 0)
		stride = 2 * w;
	if (w == 0 || h == 0 || w > SIDE_MAX || h > SIDE_MAX ||
	    stride < 2 * w || in.len < (size_t)stride * (h - 1) + 2 * w)
		return NULL;
	*len = at + (size_t)row * h;
	out = calloc(1, *len);
	if (out == NULL)
		return NULL;
	memcpy(out, "BM", 2);
	for (int i = 0; i < 4; i++) {
		out[2 + i] = (uint8_t)(*len >> 8 * i);
		out[10 + i] = (uint8_t)(at >> 8 * i);
		out[18 + i] = (uint8_t)(w >> 8 * i);
		out[22 + i] = (uint8_t)((0 - h) >> 8 * i); /* top down */
	}
	out[14] = 40;
	out[26] = 1;
	out[28] = 8;
	for (int i = 0; i < 256; i++)
		memset(out + 54 + 4 * i, i, 3);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			out[at + (size_t)y * row + x] =
			    in.ptr[(size_t)y * stride + 2 * (size_t)x];
	return out;
}

/* A copy, for the driver writes on into its buffers. */
static bool
keep(struct camera *c, const struct v4l2_buffer *b, size_t *len)
{
	size_t used = b->bytesused;
	uint8_t *p;

	if (b->index >= c->n || (b->flags & V4L2_BUF_FLAG_ERROR) != 0)
		return false;
	if (used == 0 || used > c->buffers[b->index].len)
		return false;
	if (c->format == V4L2_PIX_FMT_YUYV) {
		p = camera_yuyv_bmp(bytes_of(c->buffers[b->index].ptr, used),
		    c->w, c->h, c->stride, len);
	} else {
		p = malloc(used);
		if (p != NULL)
			memcpy(p, c->buffers[b->index].ptr, used);
		*len = used;
	}
	if (p == NULL)
		return false;
	free(c->frame);
	c->frame = p;
	return true;
}

enum cred_err
camera_frame(struct camera *c, int ms, struct bytes *frame, bool *got,
    struct why *why)
{
	struct pollfd p = {c->fd, POLLIN, 0};
	size_t len = 0;
	int n = poll(&p, 1, ms);

	*got = false;
	if (n == 0 || (n < 0 && errno == EINTR))
		return CRED_OK;
	if (n < 0)
		return fail(c, errno, why);
	for (unsigned i = 0; i < BUFFERS; i++) { /* up to the newest */
		struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		    .memory = V4L2_MEMORY_MMAP};
		if (call(c, VIDIOC_DQBUF, &b) != 0) {
			if (errno == EAGAIN)
				break;
			return fail(c, errno, why);
		}
		*got = keep(c, &b, &len) || *got;
		if (call(c, VIDIOC_QBUF, &b) != 0)
			return fail(c, errno, why);
	}
	if (*got)
		*frame = bytes_of(c->frame, len);
	return CRED_OK;
}
