"""Accessibility of the editor: keyboard, screen reader, contrast, reduced motion."""

import pytest

from .lab import EditorPage, until
from .test_several_editors import ONE, stroke_of

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

ACTIVE = """root => {
    const node = document.activeElement;
    if (!root.contains(node)) return null;
    const box = ((node.type === "checkbox" && node.closest("label")) || node).getBoundingClientRect();
    node.dataset.visited = "yes";
    return { width: box.width, height: box.height, html: node.outerHTML.slice(0, 90) }; }"""
# Controls that Tab does not reach, neither directly nor by a member of their group.
UNREACHED = """root => [...root.querySelectorAll("button, input, select, summary, canvas")]
    .filter(node => node.checkVisibility({ visibilityProperty: true }) && !node.closest("[inert], dialog:not([open])"))
    .filter(node => !node.dataset.visited
        && !node.closest("[role=toolbar], [role=radiogroup], [role=tree]")?.querySelector("[data-visited]"))
    .map(node => node.outerHTML.slice(0, 120))"""
# Texts whose contrast with their background is below 4.5 (WCAG AA), except disabled ones.
FAINT = """root => {
    const parse = colour => {
        const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
    const behind = node => {
        if (!node) return [255, 255, 255];
        const own = parse(getComputedStyle(node).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, behind(node.parentElement));
    };
    const light = rgb => {
        const [r, g, b] = rgb.map(v => v / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    const check = (node, style, text) => {
        const back = behind(node);
        const [a, b] = [light(over(parse(style.color), back)), light(back)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) found.push(`${text.trim()}: ${ratio.toFixed(2)} (${node.className})`);
    };
    for (const input of root.querySelectorAll("input[placeholder]"))
        check(input, getComputedStyle(input, "::placeholder"), input.placeholder);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let texts = 0;
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true })) continue;
        if (node.closest("[aria-disabled=true], [inert], .eg-hidden, dialog:not([open])")) continue;
        texts++;
        check(node, getComputedStyle(node), walker.currentNode.data);
    }
    return { found, texts }; }"""
SAID = """root => { root.said = []; const node = root.querySelector(".eg-said");
    new MutationObserver(() => root.said.push(node.textContent))
        .observe(node, { childList: true, characterData: true, subtree: true }); }"""
MOVING = """root => { root.querySelector(".eg-progress").classList.add("eg-busy");
    return [...root.querySelectorAll("*")].filter(node => { const style = getComputedStyle(node);
        return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0; }).length; }"""
SHOWN = "[...bar.querySelectorAll('button')].filter(button => !button.closest('[hidden]'))"


def open_panels(editor: EditorPage) -> None:
    while (closed := editor.root.locator("details:not([open]) > summary")).count():
        closed.first.click()


def test_tab_visits_every_control_and_leaves_the_editor(open_notebook):
    lab = open_notebook(ONE)
    editor = EditorPage(lab)
    open_panels(editor)
    client = lab.page.context.new_cdp_session(lab.page)
    editor.root.locator("button").first.focus()
    stops = []
    while (stop := editor.evaluate(ACTIVE)) is not None:
        handle = client.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        said = client.send("Accessibility.getPartialAXTree", {"objectId": handle, "fetchRelatives": False})["nodes"][0]
        assert said["name"]["value"].strip(), f"no name: {stop['html']}"
        assert said["role"]["value"] not in ("generic", "none"), stop["html"]
        assert min(stop["width"], stop["height"]) >= 24, stop
        stops.append(stop["html"])
        assert len(stops) < 60, f"Tab does not leave the editor: {stops[-8:]}"
        lab.page.keyboard.press("Tab")
    assert len(stops) > 10
    assert editor.evaluate(UNREACHED) == []

    # Arrows move within a toolbar, and Shift+Tab leaves it backwards.
    for bar in editor.root.get_by_role("toolbar").all():
        names = bar.evaluate(f"bar => {SHOWN}.map(button => button.ariaLabel || button.title)")
        bar.locator("button").first.focus()
        seen = []
        for _ in names:
            seen.append(lab.page.evaluate("document.activeElement.ariaLabel || document.activeElement.title"))
            lab.page.keyboard.press("ArrowRight")
        assert seen == names
        sizes = bar.evaluate(f"bar => {SHOWN}.flatMap(button => [button.offsetWidth, button.offsetHeight])")
        assert min(sizes) >= 24
    editor.root.locator("button").first.focus()
    lab.page.keyboard.press("Shift+Tab")
    assert editor.evaluate("root => !root.contains(document.activeElement)")


def test_typing_into_a_field_selects_no_part_or_tool(open_notebook):
    lab = open_notebook(ONE)
    editor = EditorPage(lab)
    open_panels(editor)
    chosen = lab.kernel("print(editor.view.label, editor.view.tool)")
    field = editor.root.get_by_label("Learning rate")
    field.fill("")
    field.press_sequentially("0.12e-0")
    assert field.input_value() == "0.12e-0"
    field.press("Tab")
    rate = "print(editor.view.settings['lr'])"
    until(lambda: lab.kernel(rate).startswith("0.12"), 20, "the field's number did not come")
    assert lab.kernel("print(editor.view.label, editor.view.tool)") == chosen


def test_a_run_announces_each_quarter_and_its_end(open_notebook):
    lab = open_notebook(ONE)
    editor = EditorPage(lab)
    editor.evaluate(SAID)
    editor.root.get_by_label("Optimisation steps").select_option("100")
    editor.stroke(stroke_of(editor), 32)
    until(lambda: editor.frames > 2, 30, "no frames arrived")
    editor.idle()
    said = editor.evaluate("root => root.said")
    assert len(said) <= 6
    assert any(text.endswith("% of the edit is done.") for text in said)
    assert said[-1] == editor.status
    assert editor.root.get_by_role("progressbar", name="Edit progress").count() == 1


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_text_has_sufficient_contrast(open_notebook, photograph, theme):
    lab = open_notebook(ONE)
    editor = EditorPage(lab)
    lab.theme(theme)
    open_panels(editor)
    editor.root.get_by_label("Scale of push").fill("0.8")
    until(lambda: editor.status.startswith("Applied vectors"), 10, "the slider was not taken")
    editor.canvas("parts").press("k")
    lab.kernel("editor.view._handle_custom_msg({'kind': 'stroke', 'label': 'halo', 'tool': 'brush'}, [])")
    editor.root.locator(".eg-error").wait_for(state="visible")
    photograph(editor, "all")
    seen = editor.evaluate(FAINT)
    assert seen["texts"] > 30
    assert seen["found"] == []


def test_there_are_no_animations_with_reduced_motion(open_notebook):
    lab = open_notebook(ONE)
    editor = EditorPage(lab)
    assert editor.evaluate(MOVING) == 1
    lab.page.emulate_media(reduced_motion="reduce")
    assert editor.evaluate(MOVING) == 0
