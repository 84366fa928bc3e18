"use strict";
// Shows a bar's figures while the pointer or the focus is on it, and moves the focus with the arrow keys.
(() => {
  const figures = document.getElementById("figures");
  const show = (bar) => {
    figures.textContent = bar ? bar.querySelector("title").textContent : "";
    figures.hidden = !bar;
  };
  const barOf = (event) => event.target instanceof Element ? event.target.closest(".bar") : null;
  const focused = () => document.activeElement?.closest?.(".bar") ?? null;

  for (const plot of document.querySelectorAll(".plot > svg, .histogram > svg")) {
    const bars = [...plot.querySelectorAll(".bar")];
    if (bars.length === 0) continue;
    // One stop of the Tab key for each plot: the bar that was last looked at.
    bars[0].tabIndex = 0;
    const go = (bar) => {
      if (!bar) return;
      for (const other of bars) other.tabIndex = -1;
      bar.tabIndex = 0;
      bar.focus();
      bar.scrollIntoView({ block: "nearest" });
    };
    const middle = (bar) => {
      const box = bar.getBoundingClientRect();
      return { x: box.left + box.width / 2, y: Math.round(box.top) };
    };
    // The bar of the next row above or below that is nearest to this one.
    const beyond = (bar, sign) => {
      const from = middle(bar);
      let best = null;
      let least = [Infinity, Infinity];
      for (const other of bars) {
        const to = middle(other);
        const distance = [(to.y - from.y) * sign, Math.abs(to.x - from.x)];
        if (distance[0] <= 0) continue;
        if (distance[0] < least[0] || (distance[0] === least[0] && distance[1] < least[1])) {
          [best, least] = [other, distance];
        }
      }
      return best;
    };
    plot.addEventListener("keydown", (event) => {
      const bar = barOf(event);
      const index = bars.indexOf(bar);
      if (index < 0) return;
      const next = {
        ArrowLeft: () => bars[index - 1],
        ArrowRight: () => bars[index + 1],
        ArrowUp: () => beyond(bar, -1),
        ArrowDown: () => beyond(bar, 1),
        Home: () => bars[0],
        End: () => bars[bars.length - 1],
        Escape: () => { bar.blur(); },
      }[event.key];
      if (!next) return;
      event.preventDefault();
      go(next());
    });
    plot.addEventListener("focusin", (event) => show(barOf(event)));
    plot.addEventListener("focusout", () => show(null));
    plot.addEventListener("pointerover", (event) => show(barOf(event) ?? focused()));
    plot.addEventListener("pointerleave", () => show(focused()));
  }
  // What is folded in is printed all the same.
  const details = [...document.querySelectorAll("details")];
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = details.filter((one) => !one.open);
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
