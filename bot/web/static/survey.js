// The question in a page of the shop: <script src="…/survey.js" data-order="4711" data-signature="…" async></script>
(function () {
  "use strict";
  var script = document.currentScript, data = script && script.dataset;
  if (!data || !data.order || !data.signature || !window.fetch || !Element.prototype.attachShadow) return;
  var base = script.src.replace(/\/survey\.js([?#].*)?$/, "");
  var place = "molva:" + (data.shop || location.host), memory = read();
  var every = (data.every === undefined ? 30 : +data.every || 0) * 86400000;
  var host, root, words, state = { score: null }, said, sent = Promise.resolve();

  function read() {
    try { return JSON.parse(localStorage.getItem(place)) || {}; } catch (error) { return {}; }
  }

  function remember(more) {
    for (var key in more) memory[key] = more[key];
    try { localStorage.setItem(place, JSON.stringify(memory)); } catch (error) { /* then the server alone remembers */ }
  }

  // Another order's question comes only after a while; this order's until it is answered or closed.
  function mayAsk() {
    if (memory.never) return false;
    if (memory.order === data.order) return !memory.done;
    return !memory.at || Date.now() - memory.at >= every;
  }

  function post(path, more) {
    var form = new URLSearchParams({ order: data.order, signature: data.signature });
    form.set("lang", data.lang || document.documentElement.lang || "");
    for (var key in more) form.set(key, more[key]);
    return fetch(base + path, { method: "POST", body: form, credentials: "omit" }).then(function (answer) {
      return answer.json().then(function (got) {
        if (!answer.ok) throw new Error(got.error);
        return got;
      });
    });
  }

  function make(name, values, children) {
    var made = document.createElement(name);
    for (var key in values || {}) key in made ? (made[key] = values[key]) : made.setAttribute(key, values[key]);
    (children || []).forEach(function (child) { made.append(child); });
    return made;
  }

  function close() {
    remember({ done: true });
    host.remove();
  }

  function tell(text) { said.textContent = text; }

  function mark() {
    root.querySelectorAll(".scores button").forEach(function (button) {
      button.setAttribute("aria-pressed", "" + (button.textContent === "" + state.score));
    });
  }

  // One after the other: of two quick clicks the last one stands, however the network orders them.
  function answer(more) {
    var form = Object.assign({ score: state.score, stamp: state.stamp }, more);
    tell("");
    sent = sent.then(function () { return post("/survey/answer", form); }).then(function (got) {
      remember({ done: true });
      return got;
    }).catch(function () { tell(words.failed); });
    return sent;
  }

  function choose(score) {
    state.score = score;
    mark();
    answer({}).then(function (got) { if (got && got.score === state.score) thank(got); });
  }

  // After a score: thanks, reasons to tick, a comment.
  function thank(got) {
    var old = root.querySelector("form"), boxes = [], title = root.querySelector("h2");
    title.textContent = got.thanks;
    var text = make("textarea", { id: "text", rows: 3, value: old ? old.elements.text.value : got.comment });
    var form = make("form", {}, [make("p", { id: "why", textContent: got.why })]);
    Object.keys(got.reasons).forEach(function (key) {
      var before = old && old.elements["reason:" + key];  // ticked while the answer was under way
      var is = before ? before.checked : got.ticked.indexOf(key) >= 0;
      var box = make("input", { type: "checkbox", name: "reason:" + key, checked: is });
      boxes.push(box);
      form.append(make("label", { className: "reason" }, [box, got.reasons[key]]));
    });
    text.setAttribute("aria-labelledby", "why");
    text.setAttribute("aria-describedby", "limit");
    form.append(text, make("p", { id: "limit", textContent: got.limit }), make("button", { type: "submit", className: "send", textContent: words.send }));
    form.onsubmit = function (event) {
      event.preventDefault();
      var more = { comment: text.value };
      if (boxes.length) more.reasons = "shown";
      boxes.forEach(function (box) { if (box.checked) more[box.name] = "on"; });
      answer(more).then(function (kept) {
        if (!kept) return;
        form.remove();
        tell(kept.truncated || words.kept);
        title.focus();
      });
    };
    if (old) old.replaceWith(form); else said.before(form);
    title.focus();
  }

  function show(got) {
    words = got.words;
    state.stamp = got.stamp;
    host = make("div", { lang: got.lang });
    root = host.attachShadow({ mode: "open" });
    said = make("p", { className: "said", role: "status" });
    var scores = make("div", { className: "scores", role: "group", "aria-labelledby": "title", "aria-describedby": "ends" });
    for (var score = 0; score <= 10; score++)
      scores.append(make("button", { type: "button", textContent: score, onclick: choose.bind(null, score), "aria-pressed": "false" }));
    var shut = make("button", { type: "button", className: "close", textContent: "×", onclick: close, "aria-label": words.close });
    var never = make("button", { type: "button", className: "never", textContent: words.never });
    never.onclick = function () { remember({ never: true }); close(); };
    var box = make("section", { className: data.target ? "box" : "box floating", "aria-labelledby": "title" }, [
      make("h2", { id: "title", tabIndex: -1, textContent: words.question }), shut, scores,
      make("p", { id: "ends" }, [make("span", { textContent: words.low }), make("span", { textContent: words.high })]), said, never,
    ]);
    box.onkeydown = function (event) { if (event.key === "Escape") close(); };
    style(root, words.css);
    root.append(box);
    (data.target && document.querySelector(data.target) || document.body).append(host);
    remember({ order: data.order, at: Date.now(), done: false });
  }

  // A style sheet that is built needs no leave of the page's Content-Security-Policy; older browsers get an element.
  function style(into, css) {
    try {
      var sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      into.adoptedStyleSheets = [sheet];
    } catch (error) { into.append(make("style", { textContent: css })); }
  }

  function begin() {
    // The shop's page goes on without us, whatever is wrong.
    post("/survey/ask", {}).then(function (got) { if (got.show) show(got); }).catch(function () {});
  }

  if (!mayAsk()) return;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
