#!/usr/bin/python3
"""opencv.py plain|wechat [MODELS]: paths on stdin, a line of JSON each on
stdout: {"texts": [...], "ms": ...}. MODELS: the folder of WeChat's four model
files (detect.prototxt, detect.caffemodel, sr.prototxt, sr.caffemodel); without
it that engine works with neither its detector nor its enlarger."""
import json
import os
import sys
import time

import cv2

# OpenCV prints what ails it on stdout
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
cv2.setNumThreads(1)
if sys.argv[1] == "wechat":
    d = sys.argv[2] if len(sys.argv) > 2 else None
    names = ("detect.prototxt", "detect.caffemodel", "sr.prototxt",
             "sr.caffemodel")
    engine = cv2.wechat_qrcode_WeChatQRCode(
        *(f"{d}/{n}" for n in names if d))
else:
    engine = cv2.QRCodeDetector()


def read(path):
    img = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if img is None:
        return []
    if sys.argv[1] == "wechat":
        return list(engine.detectAndDecode(img)[0])
    return list(engine.detectAndDecodeMulti(img)[1] or [])


print("ready", file=out, flush=True)
for line in sys.stdin:
    start = time.thread_time()
    try:
        texts = [t for t in read(line.rstrip("\n")) if t]
    except cv2.error:
        texts = []
    print(json.dumps({"texts": texts,
                      "ms": (time.thread_time() - start) * 1000}),
          file=out, flush=True)
