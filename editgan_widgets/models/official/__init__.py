"""The public releases' files (EditGAN, DatasetGAN, StyleGAN2-ADA, rosinality's StyleGAN2), read without running them.

`pickle_reader` interprets a pickle's opcodes and knows tensors and plain values alone; `tensor_files` adds the
containers (torch.save's two formats, `.npy`); one module for each layout makes our networks of what they hold;
`sources` tells the layouts apart.
"""
