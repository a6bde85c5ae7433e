"""Open another picture: a sampled or saved one, the picture of a latent, or a photo, which is embedded first."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from editgan_widgets.documents.photo import Crop, Source
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.samples import Sample
from editgan_widgets.documents.saved_picture import SavedPictureError, open_saved
from editgan_widgets.documents.session import EditSession
from editgan_widgets.streaming import CancelToken, FramePacer
from editgan_widgets.turns import pass_on
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.latent_openings import opened_latent
from editgan_widgets.widgets.editor.sample_shelf import checked_sample
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.tools.files import New, Open, Reframe


def go_over_to(command: Command, document: Document, screen: Screen, pacer: FramePacer, token: CancelToken) -> None:
    """Open another picture. If it cannot be opened, the error is shown and the old picture stays."""
    picture, latent = _asked(command), None
    sampled = isinstance(picture, tuple)
    begins = screen.text("Drawing the portrait …") if sampled else screen.text("Looking for the face …")
    screen.view.publish(status=begins, progress={})
    pacer.begin(token.stamp)

    def show(step: Any) -> None:
        if not step.total:  # the encoder's portrait alone is not shown: the photo itself follows at once
            return
        pass_on(document.session.model.device)
        pacer.offer(token.stamp, (step.image[0], {"preview": True}))
        screen.view.publish(
            status=screen.text("Embedding, step {step} of {total} …", step=step.index, total=step.total)
        )

    try:
        with computing(document.session.model):
            if isinstance(picture, (str, Path, bytes)):
                model, config = document.session.model, document.session.config
                latent = opened_latent(
                    model, picture, getattr(command, "name", ""), getattr(command, "index", None), config
                )
            photo, session = (None, latent.session) if latent else _begun(picture, document, show, token)
    except Exception as error:
        screen.fail(error)
        return
    word = screen.text("A new portrait.") if sampled else screen.text("Opened.")
    if photo is not None and photo.embedding is not None and photo.embedding.steps:
        word = screen.text("Embedded: PSNR {psnr:.1f} dB.", psnr=photo.psnr)
    if latent is not None and latent.count > 1:
        word = screen.text("Opened latent {index} of {count}.", index=latent.index + 1, count=latent.count)
    word = f"{word} {screen.text('Paint, or move a slider.')}"
    if len(document.session.history.entries) > 1:
        word += " " + screen.text("Undo brings back the previous picture.")
    document.begin(session, photo)
    screen.take(Outcome(word, begins=True), "")
    screen.publish()
    if photo is not None:
        screen.add_notes(photo.photo.notes)
        if not isinstance(picture, Crop) and len(photo.squares) > 1:
            screen.view.show_whole = True  # to choose among them


def _asked(command: Command) -> Source | Sample | Crop:
    if isinstance(command, Reframe):
        return command.crop
    if isinstance(command, New):
        return checked_sample(command.seed, command.psi, command.source)
    return command.file if isinstance(command, Open) else command.picture  # type: ignore[attr-defined]


def _begun(
    picture: Source | Sample | Crop, document: Document, on_step: Callable[[Any], None], token: CancelToken
) -> tuple[PhotoSession | None, EditSession]:
    """Session of a sampled or saved picture, or PhotoSession of another picture or square of the open photo."""
    model, config = document.session.model, document.session.config
    if isinstance(picture, tuple):
        source = picture[2] if len(picture) == 3 else "torch"
        return None, EditSession.from_seed(model, picture[0], picture[1], config, source)
    if isinstance(picture, (str, Path, bytes)):
        with suppress(SavedPictureError):
            saved = open_saved(model, picture, config)
            return (None, saved) if isinstance(saved, EditSession) else (saved, saved.session)
    steps: dict[str, Any] = {"on_step": on_step, "should_stop": token.is_set}
    if isinstance(picture, Crop):
        assert document.photo is not None  # checked by the command
        photo = document.photo.reframed(picture, **steps)
    else:
        photo = PhotoSession.open(model, picture, **steps)
    photo.session.config = config
    return photo, photo.session
