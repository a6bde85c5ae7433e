"""Measurements of bench_released.py: each runs in its own process and returns its figures as JSON values."""

import argparse
import statistics
import time

CAR = "car-512"
ALL_SHAPES = ("portraits-128", "portraits-256", CAR)
PORT, LEAN, RELEASED, DEFAULT, HALF, FLOOR = "port", "lean", "released", "default", "half", "floor"
STEPS = (PORT, LEAN, RELEASED, DEFAULT, HALF, FLOOR)
SEGMENT_PORT, SEGMENT = "segment-port", "segment"
EMBED_PORT, EMBED, TRAIN_PORT, TRAIN = "embed-port", "embed", "train-port", "train"
EDIT, APPLY = "edit", "apply"
CEILING, VECTORS, FIRST_EDIT, SHIPPED = "ceiling", "vectors", "first-edit", "shipped"
REACH_PORT, REACH_RELEASED, REACH = "reach-port", "reach-released", "reach"
REACHES = (REACH_PORT, REACH_RELEASED, REACH)
OF_A_SHAPE = (*STEPS, SEGMENT_PORT, SEGMENT, EMBED_PORT, EMBED, TRAIN_PORT, TRAIN, EDIT, APPLY)
OF_THE_MODEL = (CEILING, VECTORS, FIRST_EDIT, SHIPPED, *REACHES)
ON_CUDA = (EDIT, APPLY)  # whole edits and vectors: a CPU takes minutes for one at 512 px


def timed(run, options, each=1, warm_up=True):
    """Median and p95 in seconds of `run` after one warm-up call, divided by `each`, the repetitions per call."""
    import numpy as np

    if warm_up:
        run()
    finish(options)
    if options.device == "cuda":
        import torch

        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    times, began = [], time.perf_counter()
    while len(times) < options.least or (time.perf_counter() - began < options.seconds and len(times) < 30):
        start = time.perf_counter()
        run()
        finish(options)
        times.append((time.perf_counter() - start) / each)
    return {"seconds": statistics.median(times), "p95": float(np.percentile(times, 95)), "count": len(times) * each}


def finish(options):
    """Wait for an asynchronous device."""
    if options.device == "cuda":
        import torch

        torch.cuda.synchronize()


def flops(run, each=1):
    """Floating-point operations of the convolutions and matrix products in `run`."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    def of_product(total, a, b, *_, **__):
        return 2 * a[0] * a[1] * b[1]

    # torch counts addmm, but not its in-place form
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: of_product}) as counter:
        run()
    return counter.get_total_flops() / each


def measure_step(name, shape, options):
    """Time of an edit step, for one implementation."""
    import released_loop

    from editgan_widgets.latent import optimize
    from editgan_widgets.models.devices import bfloat16_in_hardware

    sizes = released_loop.SHAPES[shape]
    model = released_loop.random_model(sizes, with_encoder=name in (PORT, LEAN, RELEASED)).to(options.device)
    if name == HALF and not bfloat16_in_hardware(model.device):
        return {"refused": "this processor has no bfloat16 matrix products"}
    task = released_loop.task_for(model)
    about = {"region_px": int(task.target.region.sum()), "channels": sizes.channels, "cube_gb": sizes.cube_bytes / 1e9}
    if name in (PORT, LEAN):
        kind = released_loop.ReleasedLoop if name == PORT else released_loop.LeanLoop
        loop = kind(model, task, released_loop.random_vgg16(sizes.vgg_channels, device=model.device))
        if name == PORT:
            model.interpreter = None  # its weights are in the members
        about |= terms_and_gradient(loop)
        return about | timed(loop.step, options) | {"peak_mb": peak(options), "flops": flops(loop.step)}

    if name == FLOOR:
        alone = generator_alone(model, task.start)
        found = timed(recorded(alone, model.device), options) | {"peak_mb": peak(options)}
        return about | found | {"flops": flops(alone)}
    found = timed(two_steps(model, task.start, task.target, name, task.before), options, 2) | {"peak_mb": peak(options)}
    # Counted separately without recording, because a replayed step shows no operations. The first steps fill caches.
    optimize._recorded_steps = lambda *_: None
    run = two_steps(model, task.start, task.target, name, task.before)
    run()
    return about | found | {"flops": flops(run, 2)}


def terms_and_gradient(loop):
    """The terms at the start, and the gradient's length along 64 fixed random directions.

    Loss terms average out rounding differences, so gradients are compared too.
    """
    import torch

    terms = loop.terms()
    (gradient,) = torch.autograd.grad(terms.total, [loop.w_plus])
    directions = torch.randn(64, gradient.numel(), generator=torch.Generator().manual_seed(3))
    return {"terms": terms.values(), "gradient": (directions @ gradient.flatten().cpu()).tolist()}


def generator_alone(model, w_plus):
    """Generator forward and backward to the latent, with an arbitrary gradient of the picture."""
    import torch

    w_plus = w_plus.clone().requires_grad_()
    weights = torch.randn(1, 3, model.resolution, model.resolution, device=w_plus.device)

    def run():
        image = model.generator.synthesis(w_plus * 1).image  # the flop counter does not accept leaf tensors
        torch.autograd.grad((image * weights).sum(), [w_plus])

    return run


def recorded(run, device):
    """Wrap a function like the steps of an edit: on CUDA it is recorded and replayed."""
    from editgan_widgets.models.recorded_steps import RecordedSteps

    return RecordedSteps(lambda number: run() or (), 1, device)


def two_steps(model, w_plus, target, preset, reference):
    """Two steps of an edit, because the default computes the perceptual distance in every second step."""
    from dataclasses import replace

    from editgan_widgets.latent.optimize import EditConfig, optimize_edit

    config = replace(EditConfig.preset(DEFAULT if preset == HALF else preset), steps=10_000)
    if preset == HALF:
        config = replace(config, precision="bfloat16")
    steps = optimize_edit(model, w_plus, target, config, reference=reference)

    def run():
        next(steps), next(steps)

    return run


def measure_shipped(options):
    """The shipped model's edit step with its own interpreter, and its generator alone."""
    from editgan_widgets import EditSession, load_model
    from editgan_widgets.latent.target import from_label_maps

    model = load_model("portraits", device=options.device)
    session = EditSession.from_seed(model, 3)
    target = from_label_maps(session.label_map, painted(session.label_map))
    run = two_steps(model, session.w_plus, target, DEFAULT, session.w_plus)
    step = timed(run, options_for(options, 8), each=2)
    floor = timed(recorded(generator_alone(model, session.w_plus), model.device), options_for(options, 4))
    return {"seconds": step["seconds"], "p95": step["p95"], "floor": floor["seconds"], "peak_mb": peak(options)}


def painted(label_map):
    """A label map with hair over the forehead."""
    after = label_map.copy()
    after[50:60, 50:70] = 4
    return after


def measure_segmentation(name, shape, options):
    """The whole picture's label map from its features."""
    import released_loop
    import torch

    from editgan_widgets.latent.label_maps import predicted_label_map

    sizes = released_loop.SHAPES[shape]
    model = released_loop.random_model(sizes, with_encoder=False).to(options.device)
    assert model.interpreter is not None
    with torch.no_grad():
        features = model.generator.synthesis(model.sample_w_plus(2)).features
    if name == SEGMENT_PORT:
        members = released_loop.members_of(model.interpreter)
        model.interpreter = None

        def run():
            return released_loop.segment(members, features)
    else:

        def run():
            return predicted_label_map(model, features)

    labels = []
    counted = flops(lambda: labels.append(run()))  # the call that warms up
    counts = torch.bincount(labels[0].flatten().long(), minlength=sizes.num_labels).tolist()
    found = timed(run, options, warm_up=False)
    return {"counts": counts, "flops": counted} | found | {"peak_mb": peak(options)}


def measure_embedding(name, shape, options):
    """One step of embedding a picture, after the encoder's pass."""
    import released_embedding
    import released_loop
    import torch

    from editgan_widgets.latent.embed import EmbedConfig, optimize_embedding

    sizes = released_loop.SHAPES[shape]
    model = released_loop.random_model(sizes).to(options.device)
    model.interpreter = None
    with torch.no_grad():
        picture = model.generator.synthesis(model.sample_w_plus(5)).image.clamp(-1, 1)
    if name == EMBED_PORT:
        vgg16 = released_loop.random_vgg16(sizes.vgg_channels, device=model.device)
        run, each = released_embedding.ReleasedEmbedding(model, picture, vgg16).step, 1
    else:
        steps, each = optimize_embedding(model, picture, EmbedConfig(steps=10_000)), 2
        next(steps)  # the encoder's pass

        def run():
            next(steps), next(steps)

    found = timed(run, options, each) | {"peak_mb": peak(options)}
    return found | {"flops": flops(run, each)}


def measure_training(name, shape, options):
    """One step of training the release's ensemble on a picture: 64 pixels in the release, 2,048 here."""
    import released_loop
    import released_training
    import torch

    sizes = released_loop.SHAPES[shape]
    model = released_loop.random_model(sizes, with_encoder=False).to(options.device)
    labels = torch.from_numpy(released_loop.task_for(model).target.label_map)
    if name == TRAIN:
        return measure_our_training(model, labels, sizes, options)
    model.interpreter = model.discriminator = None
    with torch.no_grad():
        features = model.generator.synthesis(model.sample_w_plus(2)).features
    labels = labels.to(options.device)
    training = released_training.ReleasedTraining(features, labels, sizes.num_labels, sizes.members, sizes.hidden)
    del features
    found = timed(training.step, options_for(options, 20)) | {"peak_mb": peak(options)}
    return found | {"pixels": released_training.BATCH, "flops": flops(training.step)}


def measure_our_training(model, labels, sizes, options):
    from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig, train_interpreter

    def train(steps):
        config = InterpreterTrainingConfig(sizes.members, sizes.hidden, steps=steps)
        train_interpreter(model.generator, model.sample_w_plus(2), labels[None], sizes.num_labels, config)

    # Time of n steps = time of n + 1 steps minus time of one step, because both read the features once.
    steps = 100 if options.device == "cuda" else 5
    one, all_of_them = (timed(lambda n=n: train(n), options_for(options, 20)) for n in (1, 1 + steps))
    counted = flops(lambda: train(2)) - flops(lambda: train(1))
    found = {key: (all_of_them[key] - one["seconds"]) / steps for key in ("seconds", "p95")}
    found["count"] = steps * all_of_them["count"]
    return found | {"peak_mb": peak(options), "pixels": InterpreterTrainingConfig.pixels, "flops": counted}


REACHED, EDITS, MOST_STEPS = 0.85, 4, 60


def measure_reach(name, options):
    """Scripted edits of the shipped model: steps and time until the painted parts' IoU in the region is 0.85."""
    from editgan_widgets import EditSession, load_model
    from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
    from editgan_widgets.iou import pooled_iou_inside

    model, found = load_model("portraits", device=options.device), []
    for seed, edit in enumerate(SCRIPTED_EDITS, 10_000_000):
        session = EditSession.from_seed(model, seed)
        painted = edit.paint(session.label_map, model.labels)
        if painted is None or len(found) == EDITS:
            continue
        session.set_label_map(painted)
        region, parts = session.region, edit.part_ids(model.labels)

        def iou(label_map, painted=painted, region=region, parts=parts):
            return pooled_iou_inside(label_map, painted, region, parts)

        if not iou(session.predicted_label_map) >= REACHED:
            warm_up, latents = (latents_of(name, session) for _ in range(2))
            if not found:
                next(warm_up)
            found.append({"edit": edit.name} | reach(model, latents, iou, options))
    reached = [row for row in found if row["iou"] >= REACHED]
    medians = {key: statistics.median(row[key] for row in found) for key in ("iou", "seconds", "steps")}
    if reached:
        medians |= {f"reached_{key}": statistics.median(row[key] for row in reached) for key in ("seconds", "steps")}
    return {"reached": len(reached), "of": len(found), "edits": found, "peak_mb": peak(options)} | medians


def reach(model, latents, iou, options):
    """Time and number of steps until the IoU is reached, and the best IoU. Time for segmentation is not counted."""
    import torch

    from editgan_widgets.latent.label_maps import predicted_label_map

    seconds, steps, best = 0.0, 0, 0.0
    while best < REACHED and steps < MOST_STEPS:
        began = time.perf_counter()
        latent = next(latents, None)
        finish(options)
        seconds += time.perf_counter() - began
        if latent is None:
            break
        steps += 1
        with torch.no_grad():
            features = model.generator.synthesis(latent).features
            seen = predicted_label_map(model, features).cpu().numpy()
        best = max(best, iou(seen))
    return {"iou": best, "seconds": seconds, "steps": steps}


def latents_of(name, session):
    """The latent after each step of an implementation."""
    return released_latents(session) if name == REACH_PORT else our_latents(session, name)


def our_latents(session, name):
    from editgan_widgets.latent.optimize import EditConfig, optimize_edit
    from editgan_widgets.latent.target import from_label_maps

    if name == REACH:
        return (step.w_plus for step in optimize_edit(session.model, session.w_plus, session.target))
    config = EditConfig.preset(RELEASED)
    before = session.predicted_label_map
    target = from_label_maps(before, session.label_map, config.buffer_px, before, config.region)
    return (step.w_plus for step in optimize_edit(session.model, session.w_plus, target, config))


def released_latents(session):
    import released_loop

    from editgan_widgets.latent.target import from_label_maps

    target = from_label_maps(
        session.predicted_label_map, session.label_map, released_loop.DILATION, session.predicted_label_map, "painted"
    )
    task = released_loop.Task(session.w_plus, session.w_plus, target)
    loop = released_loop.ReleasedLoop(session.model, task, released_loop.random_vgg16(device=session.model.device))
    while True:
        loop.step()
        yield loop.w_plus.detach()


def measure_edit(name, shape, options):
    """An edit of 30 steps with their pictures, or an edit vector applied and its picture copied to the host."""
    import released_loop
    import torch

    from editgan_widgets import images
    from editgan_widgets.latent.optimize import optimize_edit

    model = released_loop.random_model(released_loop.SHAPES[shape], with_encoder=False).to(options.device)
    task = released_loop.task_for(model)

    def edit():
        for _ in optimize_edit(model, task.before, task.target):
            pass

    def apply():
        with torch.no_grad():
            latent = torch.lerp(task.before, task.start, 0.7)
            images.to_uint8(model.generator.synthesis(latent).image)

    return timed(edit if name == EDIT else apply, options) | {"peak_mb": peak(options)}


def measure_ceiling(options):
    """Maximum throughput of this machine: matrix products, copies."""
    import torch

    if options.device == "cuda":
        torch.set_default_device("cuda")
    a, b, c = torch.randn(4096, 2048), torch.randn(2048, 2048), torch.empty(4096, 2048)
    product = timed(lambda: torch.mm(a, b, out=c), options_for(options, 3))
    source, copy = torch.randn(2**26), torch.empty(2**26)
    copied = timed(lambda: copy.copy_(source), options_for(options, 3))
    return {
        "gflops": 2 * 4096 * 2048 * 2048 / product["seconds"] / 1e9,
        "copy_gb": 2 * 4 * 2**26 / copied["seconds"] / 1e9,  # read and written
    }


def measure_vectors(options):
    """Edit vectors of the shipped model applied and rendered to 8-bit pictures."""
    import torch

    from editgan_widgets import images, load_model
    from editgan_widgets.latent.directions.library import load_vectors

    model = load_model("portraits", device=options.device)
    vectors = list(load_vectors(model).values())
    w_plus, done = model.sample_w_plus(0), 0

    def apply():
        nonlocal done
        vector, scale = vectors[done % len(vectors)], (done % 9 - 4) / 4
        done += 1
        with torch.no_grad():
            images.to_uint8(model.generator.synthesis(vector.apply(w_plus, scale)).image)

    found = timed(lambda: [apply() for _ in range(10)], options_for(options, 6), each=10)
    return {"per_second": 1 / found["seconds"], "peak_mb": peak(options)}


def measure_first_edit(options):
    """The first and the third edit of a kernel, and the import and load before them."""
    began = time.perf_counter()
    from editgan_widgets import EditSession, load_model

    imported = time.perf_counter()
    model = load_model("portraits", device=options.device)
    loaded = time.perf_counter()

    def edit():
        session = EditSession.from_seed(model, 3)
        session.set_label_map(painted(session.label_map))
        start, first = time.perf_counter(), None
        for _ in session.edit():
            first = first or time.perf_counter() - start
        return first, time.perf_counter() - start

    edits = [edit() for _ in range(3)]
    return {
        "import": imported - began,
        "load": loaded - imported,
        "first_step": edits[0][0],
        "first": edits[0][1],
        "warm_step": edits[2][0],
        "warm": edits[2][1],
        "peak_mb": peak(options),
    }


def options_for(options, seconds):
    return argparse.Namespace(**{**vars(options), "seconds": min(seconds, options.seconds)})


def peak(options):
    """Peak memory, MB; on CUDA that of the device since the warm-up (`timed`)."""
    if options.device == "cuda":
        import torch

        return round(torch.cuda.max_memory_reserved() / 1024**2)  # other counts do not include the memory of graphs
    from editgan_widgets.training.build_model import peak_memory_mb

    return peak_memory_mb()


def measure(options):
    name, (shape, *_) = options.measure, options.shapes
    if name != FIRST_EDIT:
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(options.threads)
    if name in STEPS:
        return measure_step(name, shape, options)
    if name in (SEGMENT_PORT, SEGMENT):
        return measure_segmentation(name, shape, options)
    if name in (EMBED_PORT, EMBED):
        return measure_embedding(name, shape, options)
    if name in (TRAIN_PORT, TRAIN):
        return measure_training(name, shape, options)
    if name in REACHES:
        return measure_reach(name, options)
    if name in ON_CUDA:
        return measure_edit(name, shape, options)
    others = {CEILING: measure_ceiling, VECTORS: measure_vectors, FIRST_EDIT: measure_first_edit}
    return {**others, SHIPPED: measure_shipped}[name](options)
