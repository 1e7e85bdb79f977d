// Shows how far an export has come, and the finished page when it is over. Without this script the page is loaded again by hand.
"use strict";

(() => {
  const place = document.getElementById("export");
  if (!place) return;
  const bar = place.querySelector("progress");
  const said = document.getElementById("export-said");
  const SECOND = 1000;

  async function look() {
    let wait = SECOND;
    try {
      const answer = await fetch(place.dataset.look, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const now = await answer.json();
        if (now.state !== "waiting" && now.state !== "running") {
          window.location.reload();
          return;
        }
        bar.value = now.percent;
        said.textContent = `${now.percent} %`;
      } else if (answer.status === 401) {
        window.location.reload();
        return;
      } else {
        wait = 5 * SECOND;
      }
    } catch {
      wait = 5 * SECOND;
    }
    window.setTimeout(look, wait);
  }

  window.setTimeout(look, SECOND);
})();
