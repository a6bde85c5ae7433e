"""The public releases' files (EditGAN, DatasetGAN, StyleGAN2-ADA, rosinality's StyleGAN2), read without running them.

`pickle_reader` interprets a pickle's opcodes and builds only tensors and plain values. `tensor_files` reads the
containers (torch.save's two formats, `.npy`). One module per layout converts the tensors to our networks. `sources`
identifies the layout.
"""
