#ifndef VERIFIER_CAMERA_H
#define VERIFIER_CAMERA_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * Frames of a V4L2 camera (Linux), as bytes of a picture file: MJPEG frames are
 * JPEG already, YUYV ones become a grey BMP. They are for the jailed reader;
 * nothing of them is looked at here.
 */
struct camera;

/*
 * dev NULL: /dev/video0. CRED_FAULT_IO with a sentence that says what to do:
 * no camera, no permission, used by another program, none that streams MJPEG
 * or YUYV.
 */
enum cred_err camera_open(
    const char *dev, struct camera **out, struct why *why);
void camera_close(struct camera *c); /* takes NULL */

/*
 * The newest frame; waits for one at most ms milliseconds. *frame lives until
 * the next call. *got false: none in that time, or a signal came. CRED_FAULT_IO
 * when the camera is gone.
 */
enum cred_err camera_frame(struct camera *c, int ms, struct bytes *frame,
    bool *got, struct why *why);

/* A frame of YUYV (stride bytes a row; len bytes in all) as a BMP of 8 bits;
 * malloc'd, NULL when the sizes do not fit or memory is out. */
uint8_t *camera_yuyv_bmp(struct bytes yuyv, uint32_t w, uint32_t h,
    uint32_t stride, size_t *len);

#endif
