/* What a page gains when script runs. Every page works without this file. */
(function () {
  "use strict";
  document.documentElement.classList.add("scripted");

  var announcer = function () { return document.getElementById("announcer"); };

  function announce(words) {
    var place = announcer();
    if (!place) return;
    place.textContent = "";
    window.setTimeout(function () { place.textContent = words; }, 60);
  }

  // Without a secure address browsers offer no clipboard: then the text is selected for the reader to copy.
  function copy(button) {
    var done = function () {
      var label = button.querySelector("span");
      var before = label.textContent;
      label.textContent = button.dataset.copied;
      announce(button.dataset.copied);
      window.setTimeout(function () { label.textContent = before; }, 2000);
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(button.dataset.copy).then(done, function () { select(button); });
    } else {
      select(button);
    }
  }

  function select(button) {
    var holder = button.closest(".code, .hash-line");
    var text = holder && holder.querySelector("code, .hash");
    if (text) window.getSelection().selectAllChildren(text);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  // A page part that was swapped in says what it now holds: <… data-announce="12 datasets">.
  document.addEventListener("htmx:afterSettle", function (event) {
    var spoken = event.target.querySelector("[data-announce]") || event.target.closest("[data-announce]");
    if (spoken) announce(spoken.dataset.announce);
    if (spoken && spoken.dataset.title) document.title = spoken.dataset.title;
  });

  // On a small screen the results should be near: facets without a choice begin closed.
  function fold() {
    if (!window.matchMedia("(max-width: 59.99rem)").matches) return;
    document.querySelectorAll(".facet[open]").forEach(function (facet) {
      if (!facet.querySelector("[aria-current]")) facet.open = false;
    });
  }
  fold();
  document.addEventListener("htmx:afterSwap", fold);

  // How many characters are left is shown beside long answers, and spoken only near the end.
  document.querySelectorAll("textarea[maxlength][data-left]").forEach(function (area) {
    var counter = document.createElement("p");
    counter.className = "counter";
    area.after(counter);
    var show = function () {
      var left = area.maxLength - area.value.length;
      counter.textContent = area.dataset.left.replace("%d", left);
      if (left <= 50) announce(counter.textContent);
    };
    area.addEventListener("input", show);
    show();
  });
})();
