import { type Picture, picture } from "../../src/data/picture.ts";

const MOST_BYTES = 128 * 2 ** 20;
const MOST = 512; // pixels of the longer side: pictures are made at 128 at most

function context(width: number, height: number): CanvasRenderingContext2D {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const c = canvas.getContext("2d")!;
  c.fillStyle = "#fff"; // what is transparent
  c.fillRect(0, 0, width, height);
  return c;
}

/** Decodes whatever picture the browser can. Throws for a file that is none. */
export async function readPicture(file: File): Promise<Picture> {
  if (file.size > MOST_BYTES) throw new Error(`${file.name}: expected at most ${MOST_BYTES} bytes, got ${file.size}`);
  const image = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: expected a picture (PNG, JPEG, …)`);
  });
  const scale = Math.min(1, MOST / Math.max(image.width, image.height));
  const [w, h] = [Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale))];
  const c = context(w, h);
  c.drawImage(image, 0, 0, w, h);
  image.close();
  const { data } = c.getImageData(0, 0, w, h);
  const pixels = new Uint8Array(w * h * 3);
  for (let i = 0; i < w * h; i++) for (let k = 0; k < 3; k++) pixels[3 * i + k] = data[4 * i + k]!;
  return picture(file.name, w, h, pixels);
}

/** A picture as a canvas can draw it. */
export function imageOf({ width, height, pixels }: Picture): ImageData {
  const out = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let k = 0; k < 3; k++) out.data[4 * i + k] = pixels[3 * i + k]!;
    out.data[4 * i + 3] = 255;
  }
  return out;
}

/** Draws pixels over a canvas of w × h, in its middle square; small ones stay sharp. */
export function drawImage(c: CanvasRenderingContext2D, w: number, h: number, image: ImageData): void {
  const side = Math.min(image.width, image.height);
  const source = context(image.width, image.height);
  source.putImageData(image, 0, 0);
  const size = Math.min(w, h);
  c.imageSmoothingEnabled = false;
  const [x, y] = [(image.width - side) / 2, (image.height - side) / 2];
  c.drawImage(source.canvas, x, y, side, side, (w - size) / 2, (h - size) / 2, size, size);
}

/** A picture as a PNG file. */
export async function pngOf(image: ImageData): Promise<Blob> {
  const c = context(image.width, image.height);
  c.putImageData(image, 0, 0);
  return new Promise((resolve, reject) =>
    c.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be written")))),
  );
}
