#!/usr/bin/env python3
"""Prints the path data of the templates' ornaments, to be pasted into them.

  ornament.py meander W H G    a frame of W x H mm in a hammer meander (алхан
                               хээ) of grid G mm, its corners left free
  ornament.py rosette R N K    K interwoven rings of N waves, up to R mm
"""
import math
import sys


def fmt(v):
    return f"{v:.2f}".rstrip("0").rstrip(".") or "0"


def meander(w, h, g):
    """Four sides, each a whole number of units from corner to corner."""
    corner, depth = 10.0, 4 * g
    out = []
    # start, direction along, direction inwards
    for x, y, dx, dy, length in (
        (corner, 0, 1, 0, w - 2 * corner),
        (w, corner, 0, 1, h - 2 * corner),
        (w - corner, h, -1, 0, w - 2 * corner),
        (0, h - corner, 0, -1, h - 2 * corner),
    ):
        n = round((length / g - 4) / 6)  # the last unit lacks its bridge
        step = length / (6 * n + 4)
        ix, iy = -dy, dx  # inwards, for a frame run clockwise
        at = [x + ix * depth, y + iy * depth]
        out.append(f"M{fmt(at[0])} {fmt(at[1])}")
        unit = [(0, 4), (0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (6, 4)]
        for k in range(n + 1):
            for u, v in unit[1:] if k < n else [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (4, 4)]:
                u = (6 * k + u) * step
                v = v * g
                px, py = x + dx * u + ix * v, y + dy * u + iy * v
                if dx:  # sides run along the axes
                    out.append(f"H{fmt(px)}" if abs(py - at[1]) < 1e-6 else f"V{fmt(py)}")
                else:
                    out.append(f"V{fmt(py)}" if abs(px - at[0]) < 1e-6 else f"H{fmt(px)}")
                at = [px, py]
    return "".join(out)


def rosette(radius, waves, rings):
    """r = R (a + b cos(waves t + phase)); Hermite to Bezier, 2 a wave."""
    out = []
    n = 2 * waves
    for k in range(rings):
        phase = 2 * math.pi * k / rings
        mean = radius * (0.32 + 0.26 * (k % 3))
        swing = radius * 0.16

        def point(t):
            r = mean + swing * math.cos(waves * t + phase)
            dr = -swing * waves * math.sin(waves * t + phase)
            c, s = math.cos(t), math.sin(t)
            return (r * c, r * s), (dr * c - r * s, dr * s + r * c)

        d = 2 * math.pi / n
        p0, v0 = point(0)
        out.append(f"M{fmt(p0[0])} {fmt(p0[1])}")
        for i in range(1, n + 1):
            p1, v1 = point(i * d)
            out.append("C" + " ".join(fmt(v) for v in (
                p0[0] + v0[0] * d / 3, p0[1] + v0[1] * d / 3,
                p1[0] - v1[0] * d / 3, p1[1] - v1[1] * d / 3, p1[0], p1[1])))
            p0, v0 = p1, v1
        out.append("Z")
    return "".join(out)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    a, b, c = map(float, sys.argv[2:])
    if sys.argv[1] == "meander":
        print(meander(a, b, c))
    else:
        print(rosette(a, int(b), int(c)))


if __name__ == "__main__":
    main()
