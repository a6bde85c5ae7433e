// Eyedropper: selects the part under the pointer.

/** @type {import("./tool").Tool} */
export default {
  name: "pick",
  place: 7,
  icon: '<path d="M11.2 5.3l3.5 3.5M12.4 7.6l-7 7c-.5.5-1.4.6-2.1.7.1-.7.2-1.6.7-2.1l7-7M13 3.6c.9-.9 2.3-.9 3.2 0s.9 2.3 0 3.2l-1.5 1.5-3.2-3.2z"/>',
  key: "i",
  label: (t) => t("eyedropper"),
  title: (t) => t("Eyedropper: select the part under the pointer (I, or hold Alt)"),
  aside: true,
  make: ({ choice, labelMap }) => ({
    onLift: true,
    press: (point) => choice.select(labelMap.labelAt(point)),
  }),
};
