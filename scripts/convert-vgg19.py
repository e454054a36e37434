#!/usr/bin/env python3
"""Makes the feature network of neural art from public VGG-19 weights.

    python3 scripts/convert-vgg19.py vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5 vgg19-features.safetensors

The .h5 file is Keras's (keras-applications, 80 MB): the authors' Caffe weights, kernels [3, 3, in, out], input blue, green, red,
0 to 255 less 103.939, 116.779, 123.68. Kept are the convolutions up to block5_conv1, in half precision. Put the result into
`vgg19/` of the data folder. Needs numpy and h5py.
"""
import json
import struct
import sys

import h5py
import numpy as np

LAYERS = [f"block{b}_conv{c}" for b, count in ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1)) for c in range(1, count + 1)]


def arrays(group):
    """The kernel and the bias of a layer, however its versions name and nest them."""
    found = []
    group.visititems(lambda _, item: found.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    kernel = next(a for a in found if a.ndim == 4)
    bias = next(a for a in found if a.ndim == 1)
    return kernel, bias


def main(source, target):
    header, parts, at = {"__metadata__": {"source": "VGG-19, Simonyan and Zisserman 2014", "kernel_layout": "HWIO"}}, [], 0
    with h5py.File(source, "r") as file:
        root = file["model_weights"] if "model_weights" in file else file
        for layer in LAYERS:
            for name, array in zip(("kernel", "bias"), arrays(root[layer])):
                data = np.ascontiguousarray(array, dtype="<f2").tobytes()
                header[f"{layer}/{name}"] = {"dtype": "F16", "shape": list(array.shape), "data_offsets": [at, at + len(data)]}
                parts.append(data)
                at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
    print(f"{target}: {len(LAYERS)} layers, {8 + len(text) + at} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
