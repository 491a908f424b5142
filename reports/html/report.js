"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  const element = (name, said, kind) => {
    const made = document.createElement(name);
    if (said) made.textContent = said;
    if (kind) made.className = kind;
    return made;
  };

  const copied = async (said) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(said).then(() => true, () => false);
    const area = document.body.appendChild(element("textarea"));
    area.value = said;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const copies = (button, give) => {
    const named = button.firstChild.data;
    button.addEventListener("click", async () => {
      button.firstChild.data = await copied(give()) ? "Copied" : "Not copied";
      setTimeout(() => { button.firstChild.data = named; }, 1500);
    });
    return button;
  };

  const copying = (said, what) => {
    const button = element("button", "Copy", "copy");
    button.type = "button";
    button.append(element("span", ` ${what}`, "hush"));
    return copies(button, () => said);
  };

  // What nobody needs at once is made when the page has been drawn.
  const later = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 1000 }) : setTimeout(work, 50));
  later(() => {
    for (const place of document.querySelectorAll("[data-copied]")) {
      const said = place.textContent;
      place.append(" ", copying(said, place.dataset.copied));
    }
  });
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });

  const explore = () => {
    const PAGE = 200;
    const data = JSON.parse(byId("island").textContent);
    const { outcomes, severities, rules, targets, hashes, texts, rows } = data;
    const form = byId("filters");
    const table = byId("table");
    const body = table.tBodies[0];
    const fields = { q: byId("q"), severity: byId("severity"), target: byId("target"), status: byId("status") };
    const chips = [...form.querySelectorAll(".chip")];
    const WAIVED = 1, ATTESTED = 2, NEW = 4;
    const FINDING = ["", "Resource", "Expected", "Found", "Because", "Needs", "How asked", "Evidence", "Source", "Waiver",
      "Since the baseline", "Fact"];
    const COPIED = new Set(["Remediation", "How asked", "Found", "Evidence file, SHA-256"]);
    const state = { outcome: new Set(), page: 0 };
    let found = rows;

    const text = (index) => texts[index || 0];
    const flags = (row) => row[3] || 0;
    const findings = (row) => row[6] || [];
    const open = (row) => outcomes[row[2]] === "fail" || outcomes[row[2]] === "unknown" || outcomes[row[2]] === "error";

    const because = (row) => {
      if (row[4]) return text(row[4]);
      const telling = findings(row).filter((one) => one[0] === row[2]);
      const first = telling[0];
      if (!first) return row[5] ? `${row[5]} ${row[5] === 1 ? "row passes" : "rows pass"}` : "";
      const expected = first[2] ? ` (expected: ${text(first[2])})` : "";
      const said = text(first[4]) || text(first[3]) + expected;
      return telling.length > 1 ? `${said} (and ${telling.length - 1} more)` : said;
    };

    const haystacks = new Map();
    const haystack = (row) => {
      let said = haystacks.get(row);
      if (said === undefined) {
        const rule = rules[row[0]];
        const parts = [targets[row[1]], rule[1], rule[2], rule[3], text(row[4])];
        for (const one of findings(row)) for (let at = 1; at < one.length; at++) parts.push(text(one[at]));
        said = parts.join("\n").toLowerCase();
        haystacks.set(row, said);
      }
      return said;
    };

    const fits = (row, wanted) => {
      if (state.outcome.size && !state.outcome.has(outcomes[row[2]])) return false;
      if (wanted.severity && severities[rules[row[0]][0]] !== wanted.severity) return false;
      if (wanted.target && targets[row[1]] !== wanted.target) return false;
      if (wanted.status === "open" && (!open(row) || flags(row) & WAIVED)) return false;
      if (wanted.status === "waived" && !(flags(row) & WAIVED)) return false;
      if (wanted.status === "attested" && !(flags(row) & ATTESTED)) return false;
      if (wanted.status === "new" && !(flags(row) & NEW)) return false;
      return wanted.words.every((word) => haystack(row).includes(word));
    };

    const apply = () => {
      const wanted = { severity: fields.severity.value, target: fields.target.value, status: fields.status.value,
        words: fields.q.value.toLowerCase().split(/\s+/).filter(Boolean) };
      found = rows.filter((row) => fits(row, wanted));
      for (const chip of chips) {
        const on = chip.dataset.outcome ? state.outcome.has(chip.dataset.outcome) : wanted.status === "waived";
        chip.setAttribute("aria-pressed", String(on));
      }
      show();
    };

    const show = () => {
      const pages = Math.max(1, Math.ceil(found.length / PAGE));
      state.page = Math.min(state.page, pages - 1);
      const start = state.page * PAGE;
      const part = found.slice(start, start + PAGE);
      body.replaceChildren(...part.map(line));
      table.hidden = !part.length;
      const range = part.length ? `, ${(start + 1).toLocaleString("en")} to ${(start + part.length).toLocaleString("en")} below` : "";
      byId("shown").textContent = `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} results fit${range}.`;
      byId("pager").hidden = pages === 1;
      byId("where").textContent = `Page ${state.page + 1} of ${pages}`;
      byId("prev").disabled = state.page === 0;
      byId("next").disabled = state.page === pages - 1;
    };

    const line = (row) => {
      const rule = rules[row[0]];
      const made = element("tr");
      const outcome = made.appendChild(element("td"));
      outcome.append(element("span", outcomes[row[2]], `mark ${outcomes[row[2]]}`));
      if (flags(row) & WAIVED) outcome.append(" ", element("span", "waived", "tag"));
      if (flags(row) & ATTESTED) outcome.append(" ", element("span", "attested", "tag"));
      if (flags(row) & NEW) outcome.append(" ", element("span", "new", "tag"));
      made.appendChild(element("td")).append(element("span", severities[rule[0]], `sev ${severities[rule[0]]}`));
      const title = made.appendChild(element("td"));
      title.append(rule[2], element("br"), element("code", rule[1], "names"));
      const target = made.appendChild(element("th", targets[row[1]]));
      target.scope = "row";
      made.append(element("td", because(row)));
      const button = element("button", "Show", "open");
      button.type = "button";
      button.setAttribute("aria-expanded", "false");
      button.append(element("span", ` details of ${rule[1]} on ${targets[row[1]]}`, "hush"));
      button.addEventListener("click", () => toggle(button, made, row));
      button.addEventListener("keydown", (event) => closes(event, button));
      made.appendChild(element("td")).append(button);
      return made;
    };

    const toggle = (button, made, row) => {
      const shown = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!shown));
      button.firstChild.data = shown ? "Show" : "Hide";
      if (shown) {
        made.nextElementSibling.remove();
        return;
      }
      const more = element("tr");
      const cell = more.appendChild(element("td", "", "more"));
      cell.colSpan = 6;
      more.addEventListener("keydown", (event) => closes(event, button));
      details(cell, row);
      made.after(more);
    };

    const closes = (event, button) => {
      if (event.key !== "Escape" || button.getAttribute("aria-expanded") === "false") return;
      event.preventDefault();
      button.click();
      button.focus();
    };

    const details = (cell, row) => {
      const rule = rules[row[0]];
      const about = cell.appendChild(element("dl"));
      const told = [["Controls", rule[3]], ["Why it matters", rule[4]], ["Remediation", rule[5]], ["Reason", text(row[4])],
        ["Rows passing", row[5] ? String(row[5]) : ""], ["Evidence file, SHA-256", hashes[row[1]]]];
      for (const [name, said] of told) pair(about, name, said, "lines");
      for (const one of findings(row)) {
        const head = cell.appendChild(element("h3"));
        head.append(element("span", outcomes[one[0]], `mark ${outcomes[one[0]]}`));
        const list = cell.appendChild(element("dl"));
        for (let at = 1; at < one.length; at++) pair(list, FINDING[at], text(one[at]), "mono");
      }
    };

    const pair = (list, name, said, kind) => {
      if (!said) return;
      const cell = element("dd", said, kind);
      if (COPIED.has(name)) cell.append(" ", copying(said, name.toLowerCase()));
      list.append(element("dt", name), cell);
    };

    const remember = () => {
      const parts = new URLSearchParams();
      if (state.outcome.size) parts.set("outcome", [...state.outcome].join(","));
      for (const [name, field] of Object.entries(fields)) if (field.value) parts.set(name, field.value);
      if (state.page) parts.set("page", String(state.page + 1));
      const hash = parts.size ? `#results?${parts}` : "#results";
      try {
        history.replaceState(null, "", hash);
      } catch {
        location.hash = hash;
      }
    };

    const recall = () => {
      const [place, query] = location.hash.split("?", 2);
      if (place !== "#results" || !query) return false;
      const parts = new URLSearchParams(query);
      state.outcome = new Set((parts.get("outcome") || "").split(",").filter((name) => outcomes.includes(name)));
      for (const [name, field] of Object.entries(fields)) field.value = parts.get(name) || "";
      state.page = Math.max(0, (parseInt(parts.get("page"), 10) || 1) - 1);
      return true;
    };

    const changed = () => {
      state.page = 0;
      apply();
      remember();
    };

    const turn = (step) => {
      state.page += step;
      show();
      remember();
      byId("results").scrollIntoView();
      table.parentElement.focus({ preventScroll: true });
    };

    for (const name of severities) fields.severity.append(new Option(name, name));
    for (const name of [...targets].sort()) fields.target.append(new Option(name, name));
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        const name = chip.dataset.outcome;
        if (!name) fields.status.value = fields.status.value === "waived" ? "" : "waived";
        else if (!state.outcome.delete(name)) state.outcome.add(name);
        changed();
      });
    }
    let pause = 0;
    fields.q.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(changed, 150);
    });
    for (const name of ["severity", "target", "status"]) fields[name].addEventListener("change", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      state.outcome.clear();
      setTimeout(changed, 0);
    });
    byId("prev").addEventListener("click", () => turn(-1));
    byId("next").addEventListener("click", () => turn(1));
    addEventListener("hashchange", () => {
      if (recall()) apply();
    });
    copies(byId("link"), () => location.href);

    form.hidden = false;
    const asked = recall();
    apply();
    if (asked) byId("results").scrollIntoView();
  };

  if (byId("island")) {
    if (location.hash.startsWith("#results")) explore();
    else later(explore);
  }

  // The page is drawn before it is laid out as a whole; screen readers are not told of what was not laid out.
  const waiting = [...document.querySelectorAll("section, .finding")];
  const lay = () => {
    for (const one of waiting.splice(0, 100)) one.classList.add("laid");
    if (waiting.length) later(lay);
  };
  addEventListener("load", () => requestAnimationFrame(() => later(lay)));
})();
