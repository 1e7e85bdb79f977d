// What the page of receipts does: takes a file, a scanned text or the address's own digits, and shows what proof.js finds.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  const result = at("result");
  const isEnglish = document.documentElement.lang === "en";
  const UNCHECKED = ["no_crypto", "no_ed25519", "no_inflate"];
  const BYTES_MAX = 16 * 1024 * 1024;
  let file = null;

  const make = (name, words, kind) => {
    const made = document.createElement(name);
    made.textContent = words;
    if (kind) made.className = kind;
    return made;
  };
  const show = (kind, title, ...inside) => {
    const notice = make("section", "", `notice notice-${kind}`);
    notice.append(make("p", title, "notice-title"), ...inside);
    result.replaceChildren(notice);
    result.hidden = false;
    notice.tabIndex = -1;
    notice.focus({ preventScroll: true });
    notice.scrollIntoView({ block: "nearest" });
  };
  const instant = (written) => {
    const date = new Date(written);
    if (Number.isNaN(date.getTime())) return String(written);
    const city = new Date(date.getTime() + 7 * 3_600_000);
    const two = (value) => String(value).padStart(2, "0");
    const day = `${two(city.getUTCDate())}/${two(city.getUTCMonth() + 1)}/${city.getUTCFullYear()}`;
    return `${two(city.getUTCHours())}:${two(city.getUTCMinutes())}:${two(city.getUTCSeconds())} ${day} (+07:00)`;
  };
  const facts = (receipt) => {
    const list = make("dl", "", "definitions");
    const add = (name, value) => {
      const line = document.createElement("div");
      line.append(make("dt", name), make("dd", value));
      list.append(line);
    };
    const words = result.dataset;
    if (receipt.event.sealed !== true) add(words.code, String(receipt.data.code));
    add(words.lodged, instant(receipt.event.effectiveat));
    add(words.recorded, instant(receipt.event.time));
    add(words.entry, `${receipt.index + 1n} ${words.of} ${receipt.size}`);
    add(words.log, receipt.origin);
    add(words.key, receipt.keyId);
    return list;
  };
  const tried = async (receipt, content) => {
    if (!Object.values(receipt.parts).some((part) => part.salt)) return { kind: "ok", title: result.dataset.good, words: result.dataset.untried };
    const found = await caunoiProof.holds(receipt, new TextEncoder().encode(content));
    if (!found) return { kind: "warning", title: result.dataset.differs, words: result.dataset.other };
    return { kind: "ok", title: result.dataset.good, words: found === "text" ? result.dataset.same : result.dataset[found] };
  };
  const check = async () => {
    const written = at("said").value;
    if (!file && written.trim() === "") {
      show("warning", result.dataset.unchecked, make("p", result.dataset.nothing));
      return;
    }
    try {
      const said = file ? new Uint8Array(await file.slice(0, BYTES_MAX).arrayBuffer()) : written;
      const receipt = await caunoiProof.verifyReceipt(said, at("key").value);
      const content = at("words").value;
      const words = content === "" ? null : await tried(receipt, content);
      const lines = words ? [make("p", words.words, "words-tried")] : [];
      show(words ? words.kind : "ok", words ? words.title : result.dataset.good, make("p", result.dataset.goodMore), ...lines, facts(receipt));
    } catch (error) {
      const known = caunoiProof.WORDS[error.code];
      if (!known) throw error;
      const isUnchecked = UNCHECKED.includes(error.code);
      const title = isUnchecked ? result.dataset.unchecked : result.dataset.bad;
      show(isUnchecked ? "warning" : "error", title, make("p", known[isEnglish ? 1 : 0]), make("p", `${error.code}: ${error.message}`, "quiet small"));
    }
  };

  at("file").addEventListener("change", () => {
    file = at("file").files[0] || null;
    if (file) at("said").value = "";
  });
  at("said").addEventListener("input", () => {
    file = null;
    at("file").value = "";
  });
  at("check").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      if (kind !== "drop") return;
      at("file").files = event.dataTransfer.files;
      at("file").dispatchEvent(new Event("change"));
      check();
    });
  }
  // A telephone that scanned the code opened this page with all of the receipt behind "#": it stays here, and out of the history.
  const scan = () => {
    const digits = location.hash.slice(1);
    if (!/^[0-9]{40,}$/.test(digits)) return;
    try {
      history.replaceState(null, "", location.pathname + location.search);
    } catch {
      // a saved file has no history to mend
    }
    at("said").value = digits;
    at("said").dispatchEvent(new Event("input"));
    check();
  };
  window.addEventListener("hashchange", scan);
  scan();
})();
