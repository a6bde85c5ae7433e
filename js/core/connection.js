// Connection: whether the page reaches the kernel that made its widget.
//
// It relies on the host's widget manager; if the host gives no information, the connection counts as good.

const HELD_PATIENCE = 4000; // ms after which a message of ipywidgets counts as lost if an idle kernel has not answered it
const LOOK_EVERY = 1000; // ms

/**
 * @typedef {object} Connection
 * @property {() => boolean} online
 * @property {() => Promise<boolean>} alive whether the kernel that made the widget still runs; false after a restart
 * @property {() => void} close
 */

/**
 * `onLost()` and `onBack()` are called at each loss and return of the connection.
 * @param {object} given
 * @param {Pick<import("./types").Model<import("./types").DeliveryTraits>, "get" | "widget_manager">} given.model
 * @param {() => void} given.onLost
 * @param {() => void} given.onBack
 * @returns {Connection}
 */
export function watchConnection({ model, onLost, onBack }) {
  const manager = model.widget_manager;
  const session = manager?.context?.sessionContext;
  const signal = session?.connectionStatusChanged ?? manager?.kernel?.connectionStatusChanged;
  const status = () => session?.session?.kernel?.connectionStatus ?? manager?.kernel?.connectionStatus ?? "disconnected";
  const online = () => !signal || status() === "connected";
  /** The widget's model, or null once the kernel has closed it; a view may live a moment longer than its model. */
  const findWidget = async () => {
    try {
      return await manager?.get_model(model.get("ident"));
    } catch {
      return null;
    }
  };
  let lost = !online();
  function changed() {
    if (!online()) {
      lost = true;
      onLost();
    } else if (lost) {
      lost = false;
      release();
      onBack();
    }
  }
  signal?.connect(changed);

  /** ipywidgets holds a widget's changes back until the kernel has answered the last one, and that answer may be lost. */
  async function release() {
    const widget = await findWidget();
    for (let i = widget?._pending_msgs ?? 0; i > 0; i--) widget._handle_status?.({ content: { execution_state: "idle" } });
  }
  /** @type {number | null} */
  let heldSince = null;
  /** Release changes that wait for a lost answer while the connection is up: an idle kernel will not answer any more. */
  async function releaseHeld() {
    const widget = await findWidget();
    const kernel = session?.session?.kernel ?? manager?.kernel;
    const held = widget?._pending_msgs > 0 && widget._msg_buffer !== null && kernel?.status === "idle" && online();
    if (!held) heldSince = null;
    else if (heldSince === null) heldSince = performance.now();
    else if (performance.now() - heldSince > HELD_PATIENCE) {
      heldSince = null;
      release();
    }
  }
  const looking = manager ? setInterval(releaseHeld, LOOK_EVERY) : undefined;

  return {
    online,
    alive: async () => {
      const widget = await findWidget();
      return widget !== null && widget?.comm_live !== false;
    },
    close() {
      clearInterval(looking);
      signal?.disconnect(changed);
    },
  };
}
