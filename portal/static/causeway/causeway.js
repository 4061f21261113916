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

  // A search box suggests while one types: a combobox with a list (WAI-ARIA), by keys and by pointer alike.
  function suggesting(input) {
    var list = document.createElement("ul");
    var kinds = input.dataset.kinds.split(" ");
    var waiting = 0, asked = null, active = -1;
    list.className = "suggestions";
    list.id = input.id + "-suggestions";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.label);
    input.form.appendChild(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);

    function close() {
      window.clearTimeout(waiting);
      if (asked) asked.abort();
      list.hidden = true;
      list.replaceChildren();
      choose(-1);
      input.setAttribute("aria-expanded", "false");
    }

    function choose(number) {
      active = number;
      Array.prototype.forEach.call(list.children, function (option, at) {
        option.setAttribute("aria-selected", String(at === active));
        if (at === active) option.scrollIntoView({ block: "nearest" });
      });
      if (active < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", list.children[active].id);
    }

    function addressOf(found) {
      if (found.kind === "dataset") return input.dataset.search + found.target + "/";
      if (found.kind === "department") return input.dataset.departments + encodeURIComponent(found.target) + "/";
      return input.dataset.search + "?q=" + encodeURIComponent(found.target);
    }

    function show(results) {
      var wanted = results.filter(function (found) { return kinds.indexOf(found.kind) >= 0; });
      list.replaceChildren.apply(list, wanted.map(function (found, at) {
        var option = document.createElement("li"), kind = document.createElement("span");
        option.id = list.id + "-" + at;
        option.setAttribute("role", "option");
        option.dataset.address = addressOf(found);
        option.textContent = found.text;
        kind.textContent = input.dataset[found.kind];
        option.append(" ", kind);
        return option;
      }));
      list.hidden = !wanted.length;
      input.setAttribute("aria-expanded", String(!!wanted.length));
      choose(-1);
    }

    function ask() {
      if (asked) asked.abort();
      asked = new AbortController();
      fetch(input.dataset.suggest + "?q=" + encodeURIComponent(input.value.trim()), { signal: asked.signal })
        .then(function (answer) { return answer.ok ? answer.json() : { results: [] }; })
        .then(function (data) { if (document.activeElement === input) show(data.results); })
        .catch(function () {});
    }

    input.addEventListener("input", function () {
      window.clearTimeout(waiting);
      if (input.value.trim()) waiting = window.setTimeout(ask, 150);
      else close();
    });
    input.addEventListener("keydown", function (event) {
      var count = list.children.length;
      if (list.hidden || event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        var step = event.key === "ArrowDown" ? 1 : -1;
        choose(active < 0 && step < 0 ? count - 1 : active + step >= count ? -1 : active + step);
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
      } else if (event.key === "Enter") {
        var chosen = active < 0 ? null : list.children[active];
        if (chosen) { event.preventDefault(); window.location.assign(chosen.dataset.address); }
        close();
      }
    });
    input.addEventListener("blur", close);
    input.form.addEventListener("submit", close);
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
    list.addEventListener("click", function (event) {
      var option = event.target.closest("[role=option]");
      if (option) window.location.assign(option.dataset.address);
    });
  }
  document.querySelectorAll("input[data-suggest]").forEach(suggesting);

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
