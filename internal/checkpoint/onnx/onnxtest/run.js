// node run.js MODEL X.f32 BATCH HEIGHT WIDTH Y.f32: runs a file in ONNX Runtime, raw float32 in and out.
const ort = require("onnxruntime-node");
const fs = require("fs");
const [model, x, batch, height, width, y] = process.argv.slice(2);
(async () => {
  const bytes = fs.readFileSync(x);
  const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  const image = new ort.Tensor("float32", data, [+batch, 3, +height, +width]);
  const out = await session.run({ image });
  fs.writeFileSync(y, Buffer.from(out.logits.data.buffer, out.logits.data.byteOffset, out.logits.data.byteLength));
  for (let i = 0; i < out.logits.data.length; i++) {
    const p = 1 / (1 + Math.exp(-out.logits.data[i]));
    if (Math.abs(p - out.scores.data[i]) > 1e-6) throw new Error(`score ${i} is ${out.scores.data[i]}, not ${p}`);
  }
})().catch((e) => { console.error(e.message); process.exit(1); });
