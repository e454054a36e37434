import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/core/check.ts";
import { parseSafetensors } from "../../src/data/safetensors.ts";
import { makePainting, makeScenes } from "../../src/data/scenes.ts";
import { loadArt, loadVgg19, readPicture, writePicture } from "../../src/node/art.ts";
import { featureNetwork } from "../../src/problems/feature-network.ts";

/** A safetensors file by hand. */
function file(tensors: Record<string, unknown>, data: number[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(tensors));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([size, text, Buffer.from(data)]));
}

describe("safetensors", () => {
  const good = { a: { dtype: "F16", shape: [3], data_offsets: [0, 6] } };
  const data = [0, 0x3c, 0, 0xc0, 1, 0]; // 1, −2, 2⁻²⁴

  it("reads half precision, normal and subnormal", () => {
    expect([...parseSafetensors("f", file(good, data)).get("a")!.data]).toEqual([1, -2, 2 ** -24]);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ a: { dtype: "I64", shape: [3], data_offsets: [0, 6] } }, /f: a: expected F16 or F32, got "I64"/],
    [{ a: { dtype: "F16", shape: [4], data_offsets: [0, 6] } }, /expected 8 bytes within the file/],
    [{ a: { dtype: "F16", shape: [3], data_offsets: [2, 8] } }, /within the file/],
    [{ a: { dtype: "F16", shape: [-3], data_offsets: [0, 6] } }, /a shape and two offsets/],
    [{ a: null }, /f: a: expected an object/],
  ])("refuses %j", (tensors, message) => {
    expect(() => parseSafetensors("f", file(tensors, data))).toThrow(message);
  });

  it("trusts no byte: any change gives tensors or an ArgumentError", () => {
    const whole = file(good, data);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, cut) => {
        const bytes = whole.slice(0, cut);
        if (at < cut) bytes[at] = value;
        try {
          parseSafetensors("f", bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("pictures", () => {
  const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));

  it("are written and read back, and what is none is refused by name", async () => {
    const path = join(folder, "p.png");
    const pixels = Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => (i === 0 ? -5 : i === 1 ? 300 : i));
    await writePicture(path, pixels, 4);
    const back = await readPicture(path);
    expect([back.width, back.height]).toEqual([4, 4]);
    expect([...back.pixels.slice(0, 4)]).toEqual([0, 255, 2, 3]);
    writeFileSync(join(folder, "q.png"), "not a picture");
    await expect(readPicture(join(folder, "q.png"))).rejects.toThrow(/q.png: expected a picture/);
    await expect(readPicture(join(folder, "r.png"))).rejects.toThrow(/picture: expected a file/);
  });

  it("made by rule are the same bytes on every engine", () => {
    const hash = (b: Uint8Array): string => createHash("sha256").update(b).digest("hex").slice(0, 16);
    expect([hash(makeScenes(2, 1)[1]!.pixels), hash(makePainting(1).pixels)]).toEqual([
      "8997fd7e0ff884bd",
      "1c2cda3c8d7d99f2",
    ]);
  });

  it("are split by picture", async () => {
    const parts = await Promise.all(
      (["train", "validation", "test"] as const).map((p) => loadArt.contents(`scenes-${p}`)),
    );
    expect(parts.map((p) => p.length)).toEqual([16, 3, 5]);
    expect(new Set(parts.flat().map((p) => p.name)).size).toBe(24);
  });
});

if (!process.env.GRADGRAD_DATA)
  console.warn("GRADGRAD_DATA is not set: the tests on real photographs and VGG-19 are skipped.");
describe.skipIf(!process.env.GRADGRAD_DATA)("in GRADGRAD_DATA", () => {
  it("are 24 photographs, paintings by the start of their names, and VGG-19", async () => {
    expect((await loadArt.contents("photographs-test")).map((p) => p.name)[0]).toBe("kodim20.png");
    expect((await loadArt.style("wave")).name).toBe("wave.jpg");
    await expect(loadArt.style("mona")).rejects.toThrow(/style: expected composition_vii.jpg, .*got "mona"/);
    const vgg = loadVgg19();
    expect(vgg.layers.map((l) => l.name).at(-1)).toBe("block5_conv1");
    const { layers } = featureNetwork(vgg.layers.slice(0, 5), 32);
    expect(layers.get("block3_conv1")).toEqual({ side: 8, channels: 256 });
    const path = join(mkdtempSync(join(tmpdir(), "gradgrad-")), "v.safetensors");
    writeFileSync(
      path,
      readFileSync(join(process.env.GRADGRAD_DATA!, "vgg19", "vgg19-features.safetensors")).subarray(0, 5000),
    );
    expect(() => loadVgg19(path)).toThrow(ArgumentError);
  });
});
