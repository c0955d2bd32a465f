import zlib, struct, random
r = random.Random(5)
classes = ["red", "green", "blue", "dark"]
def png(path, px, n=32):
    raw = b"".join(b"\0" + bytes(c for x in range(n) for c in px[y*n+x]) for y in range(n))
    def chunk(k, d): return struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d))
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", n, n, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
train, val = ["image,label,value"], ["image,label,value"]
for i in range(20):
    shown = [r.randrange(2) for _ in classes]; base = [r.randrange(60, 120) for _ in range(3)]; px = []
    for y in range(32):
        for x in range(32):
            v = list(base); c = y * 4 // 32
            if c < 3 and shown[c]: v[c] = 220
            elif c == 3 and shown[3]: v = [5, 5, 5]
            px.append(tuple(min(255, k + 8 * r.randrange(3)) for k in v))
    name = "p%02d.png" % i; png("images/" + name, px)
    for c, k in enumerate(classes):
        v = -1 if i < 14 and (i + c) % 3 == 0 else shown[c]
        (train if i < 14 else val).append("%s,%s,%d" % (name, k, v))
open("train.csv", "w").write("\n".join(train) + "\n"); open("val.csv", "w").write("\n".join(val) + "\n")
