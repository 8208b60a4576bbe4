// Draws portraits: reads JSON lines (see portraits.py), writes raw RGB bytes of one size, or PNG files.
// usage: node render.mjs specs.jsonl out.rgb        all pictures of one size, H*W*3 bytes each, in order
//        node render.mjs specs.jsonl out-folder/    NN.png files
import fs from 'node:fs';
import path from 'node:path';
import { createAvatar } from '@dicebear/core';
import resvg from '@resvg/resvg-js';

const [specFile, target] = process.argv.slice(2);
const asFiles = target.endsWith('/');
const loaded = {};

async function styleOf(name) {
  loaded[name] ??= await import(`@dicebear/${name}`);
  return loaded[name];
}

// resvg ignores `mask-type: alpha`; a white mask of the same shape means the same.
function whiten(svg) {
  return svg.replace(/<mask[^>]*mask-type:alpha[^>]*>[\s\S]*?<\/mask>/g, (mask) =>
    mask.replace(/fill="[^"]*"/g, 'fill="#fff"'));
}

function optionsOf(spec) {
  const options = { seed: 'danlu', backgroundColor: ['transparent'] };
  for (const [key, value] of Object.entries(spec.options)) {
    options[key] = typeof value === 'number' ? value : [value];
  }
  return options;
}

// The figure stands on the lower edge (bodies end there), so only a floating head may be shifted up.
function frame(spec, figure) {
  const { width, height, scale, dx, dy } = spec.framing;
  const side = Math.min(width, height) * scale;
  const short = Math.min(width, height);
  const x = (width - side) / 2 + dx * short;
  const y = height - side + dy * short;
  const inner = figure.replace('<svg ', `<svg x="${x}" y="${y}" width="${side}" height="${side}" `);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`
    + `<rect width="${width}" height="${height}" fill="#${spec.background}"/>${inner}</svg>`;
}

const lines = fs.readFileSync(specFile, 'utf8').trim().split('\n');
if (asFiles) fs.mkdirSync(target, { recursive: true });
const out = asFiles ? null : fs.openSync(`${target}.part`, 'w');
for (const [index, line] of lines.entries()) {
  const spec = JSON.parse(line);
  const figure = whiten(createAvatar(await styleOf(spec.style), optionsOf(spec)).toString());
  const image = new resvg.Resvg(frame(spec, figure), { font: { loadSystemFonts: false } }).render();
  if (asFiles) {
    fs.writeFileSync(path.join(target, `${String(index + 1).padStart(2, '0')}.png`), image.asPng());
  } else {
    const rgba = image.pixels;
    const rgb = Buffer.alloc((rgba.length / 4) * 3);
    for (let i = 0, j = 0; i < rgba.length; i += 4) {
      rgb[j++] = rgba[i]; rgb[j++] = rgba[i + 1]; rgb[j++] = rgba[i + 2];
    }
    fs.writeSync(out, rgb);
  }
  if (process.stderr.isTTY && index % 500 === 0) process.stderr.write(`\r${index}/${lines.length}`);
}
if (!asFiles) {
  fs.closeSync(out);
  fs.renameSync(`${target}.part`, target);
}
