#!/usr/bin/env python3
"""Prints the path data of the templates' ornaments, to be pasted into them.

  ornament.py meander W H G    a frame of W x H mm in a hammer meander (алхан
                               хээ) of grid G mm, its corners left free
  ornament.py rosette R N K…   star polygons {N/K} of radius R mm
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


def rosette(radius, points, steps):
    """Star polygons {points/step}: straight lines whose envelopes are circles.
    Straight, for a PDF is written three times as fast as with curves."""
    out = []
    for i, step in enumerate(steps):
        if math.gcd(points, step) != 1:
            sys.exit(f"{step} and {points} have a common divisor")
        turn = math.pi / points * i
        for k in range(points):
            t = 2 * math.pi * k * step / points + turn
            out.append(f"{'ML'[k > 0]}{fmt(radius * math.sin(t))} {fmt(-radius * math.cos(t))}")
        out.append("Z")
    return "".join(out)


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "meander":
        print(meander(*map(float, sys.argv[2:])))
    elif len(sys.argv) >= 5 and sys.argv[1] == "rosette":
        print(rosette(float(sys.argv[2]), int(sys.argv[3]), [int(k) for k in sys.argv[4:]]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
