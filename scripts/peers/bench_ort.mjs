// Times an ONNX file in ONNX Runtime the way `csl bench` times its own nets, and prints one JSON
// object. Usage: node bench_ort.mjs FILE.onnx SIZE BATCH THREADS SECONDS
// The package onnxruntime-node is looked up from the folder in CSL_PEERS_DIR, else from here.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const from = process.env.CSL_PEERS_DIR ? path.resolve(process.env.CSL_PEERS_DIR, 'x.js') : import.meta.url;
const require = createRequire(from);
const ort = require('onnxruntime-node');

const MIN_RUNS = 3, WARM_STEPS = 2, RUN_TIME = 0.1; // as in csl's internal/bench
const [file, size, batch, threads, seconds] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const now = () => Number(process.hrtime.bigint()) / 1e9;

const session = await ort.InferenceSession.create(file, {
  intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all',
  freeDimensionOverrides: { batch, height: size, width: size },
});
const pixels = new Float32Array(batch * 3 * size * size).map(() => Math.random());
const feeds = { image: new ort.Tensor('float32', pixels, [batch, 3, size, size]) };
const step = () => session.run(feeds, ['logits']);

let one = Infinity;
for (let n = 0, start = now(); n < WARM_STEPS || now() - start < 0.1 * seconds; n++) {
  const begin = now();
  await step();
  one = Math.min(one, now() - begin);
}
const steps = Math.max(1, Math.ceil(RUN_TIME / one));
const times = [];
for (const start = now(); times.length < MIN_RUNS || now() - start < seconds;) {
  const begin = now();
  for (let i = 0; i < steps; i++) await step();
  times.push((now() - begin) / steps);
}
times.sort((a, b) => a - b);
const status = fs.readFileSync('/proc/self/status', 'utf8');
console.log(JSON.stringify({
  peer: 'ort', version: require('onnxruntime-node/package.json').version, model: path.basename(file, '.onnx'),
  mode: 'infer', size, batch, threads,
  images_per_second: batch / times[0], images_per_second_median: batch / times[Math.floor(times.length / 2)],
  rss_bytes: Number(/VmHWM:\s*(\d+)/.exec(status)[1]) * 1024,
}));
