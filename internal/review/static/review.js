// Keys, and answers without loading a whole page. Without this script every form works by itself.
"use strict";
(() => {
  const app = document.getElementById("app");
  const live = document.getElementById("live");
  const alertBox = document.getElementById("alert");
  if (!app) return;
  document.body.classList.add("script");
  let busy = false;

  const shortcutsOn = () => {
    try { return localStorage.getItem("shortcuts") !== "off"; } catch { return true; }
  };

  // prepare wires what is new on the page: images to come are loaded ahead, choices of the filter act at once.
  function prepare() {
    const img = app.querySelector("figure img");
    for (const address of (img?.dataset.next || "").split(" ")) {
      if (address) new Image().src = address;
    }
    const box = document.getElementById("shortcuts");
    if (box) {
      box.checked = shortcutsOn();
      box.addEventListener("change", () => {
        try { localStorage.setItem("shortcuts", box.checked ? "on" : "off"); } catch { /* for this page only */ }
      });
    }
    for (const select of app.querySelectorAll(".filter select")) {
      select.addEventListener("change", () => select.form.requestSubmit());
    }
  }

  // show puts the content of another page in place of this one's, and keeps the focus where it was.
  function show(text, address) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.getElementById("app");
    if (!next) {
      fail(page.getElementById("error")?.textContent || "The server sent no page. Nothing was saved.");
      return;
    }
    const active = document.activeElement;
    const key = app.contains(active) ? active.dataset.key : undefined;
    const tile = app.contains(active) && active.name === "chosen";
    const field = app.contains(active) && active.closest(".filter") ? active.name : undefined;
    app.replaceChildren(...next.childNodes);
    app.dataset.view = next.dataset.view;
    document.title = page.title;
    history.replaceState(null, "", address);
    alertBox.hidden = true;
    let target;
    if (key) target = app.querySelector(`[data-key="${key}"]`);
    if (tile) target = app.querySelector("input[name=chosen]");
    if (field) target = app.querySelector(`.filter [name="${field}"]`);
    (target || document.getElementById("main")).focus({ preventScroll: !target });
    if (app.dataset.view === "grid") window.scrollTo(0, 0);
    const message = document.getElementById("message")?.textContent || "";
    const ask = document.getElementById("ask")?.textContent || "";
    const name = app.querySelector("figcaption .name")?.textContent || "";
    live.textContent = `${message} ${ask} ${name}`.trim();
    prepare();
  }

  function fail(text) {
    alertBox.textContent = text;
    alertBox.hidden = false;
  }

  // send submits a form in the background. Nothing else is sent until the server has answered: only then is an answer saved.
  async function send(form, button) {
    if (busy) return;
    busy = true;
    app.classList.add("busy");
    try {
      const body = new URLSearchParams(new FormData(form, button));
      const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
      const isPost = (form.getAttribute("method") || "get") === "post";
      const reply = isPost
        ? await fetch(action, { method: "POST", body, credentials: "same-origin" })
        : await fetch(`${action}?${body}`, { credentials: "same-origin" });
      show(await reply.text(), reply.url);
    } catch {
      fail("The server does not answer, so nothing was saved. Is csl review still running?");
    } finally {
      busy = false;
      app.classList.remove("busy");
    }
  }

  app.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target, event.submitter);
  });

  const press = (key) => {
    const button = app.querySelector(`button[data-key="${key}"]`);
    if (button) send(button.form, button);
    return Boolean(button);
  };

  // step moves the focus from one image of a grid to another one.
  function step(key) {
    const boxes = [...app.querySelectorAll("input[name=chosen]")];
    if (!boxes.length) return false;
    const at = boxes.indexOf(document.activeElement);
    const top = boxes[0].getBoundingClientRect().top;
    const columns = boxes.filter((b) => b.getBoundingClientRect().top === top).length;
    const by = { arrowright: 1, arrowleft: -1, arrowdown: columns, arrowup: -columns }[key];
    const to = at < 0 ? 0 : at + by;
    if (boxes[to]) {
      boxes[to].focus();
      boxes[to].closest(".tile").scrollIntoView({ block: "nearest" });
    }
    return true;
  }

  function onKey(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
    const at = event.target;
    if (at.closest("select, textarea, input:not([type=checkbox])")) return false;
    const key = event.key.toLowerCase();
    const grid = app.dataset.view === "grid";
    if (grid && key.startsWith("arrow")) return step(key);
    if (grid && key === "enter" && !at.closest("button, a, summary")) return press("enter");
    if (!shortcutsOn()) return false;
    if (key === "backspace") return press("z");
    if (grid && key === "u") {
      const box = at.closest(".tile")?.querySelector("input[name=unsure]");
      box?.click();
      return Boolean(box);
    }
    return "ynusz".includes(key) && press(key);
  }

  document.addEventListener("keydown", (event) => {
    if (onKey(event)) event.preventDefault();
  });
  prepare();
})();
