/// How the report looks and what its script does. Colours differ in lightness too, for those who see few of them.
extension AuditReport {
    static let style = """
        :root{color-scheme:light dark;--paper:#fff;--card:#f6f7f9;--ink:#1c2430;--soft:#5c6775;--line:#dde2e8;
          --allow:#8b98a8;--redact:#2f7fc1;--hide:#8e5bb5;--deny:#d1512d;--warn:#fff3d6}
        @media (prefers-color-scheme:dark){:root{--paper:#14181d;--card:#1d232b;--ink:#e6eaef;--soft:#9aa6b4;--line:#323b46;
          --allow:#76859a;--redact:#4c9be0;--hide:#b07fd6;--deny:#ee7450;--warn:#453612}}
        *{box-sizing:border-box}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:76rem;margin:0 auto;
          padding:1.5rem 1rem 3rem;font-variant-numeric:tabular-nums}
        h1{font-size:1.6rem;line-height:1.2;margin:0}h2{font-size:1.05rem;margin:0 0 .3rem}
        .note{color:var(--soft);margin:.2rem 0 .6rem;font-size:.9rem}.note:empty{display:none}
        .warning{background:var(--warn);border-radius:.6rem;padding:.6rem 1rem;margin:1rem 0}
        section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:0 0 1rem;min-width:0}
        .filters{display:flex;gap:.6rem 1rem;flex-wrap:wrap;align-items:center;margin:1rem 0 .4rem}
        select,input,.filters button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
          border-radius:.4rem;padding:.3rem .5rem;max-width:100%}#app{max-width:15rem}
        :focus-visible{outline:2px solid var(--redact);outline-offset:1px}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem;list-style:none;margin:0 0 1rem;padding:0}
        .tiles li{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--tone,var(--ink));
          border-radius:.6rem;padding:.6rem 1rem;color:var(--soft)}
        .tiles b{display:block;font-size:1.5rem;line-height:1.3;color:var(--ink)}
        .allow{--tone:var(--allow)}.redact{--tone:var(--redact)}.hide{--tone:var(--hide)}.deny{--tone:var(--deny)}
        .line{display:flex;justify-content:space-between;gap:.4rem 1rem;flex-wrap:wrap;margin-bottom:.4rem}.by{color:var(--soft)}
        .chart{position:relative;padding-top:1.2rem}
        #top,#half{position:absolute;left:0;color:var(--soft);font-size:.8rem;line-height:1.2rem;pointer-events:none}
        #top{top:0}#half{top:5.5rem;padding:0 .2rem;border-radius:.2rem;background:color-mix(in srgb,var(--card) 75%,transparent)}
        #time{display:flex;align-items:flex-end;height:11rem;border-bottom:1px solid var(--soft);
          background:linear-gradient(var(--line) 1px,transparent 1px) 0 0/100% 50%}
        #time div{flex:1;display:flex;flex-direction:column-reverse;min-width:0;height:100%;padding:0 1px;cursor:zoom-in}
        #time div:hover{background:color-mix(in srgb,var(--soft) 20%,transparent)}
        #time span,.mix span{background:var(--tone);print-color-adjust:exact;-webkit-print-color-adjust:exact}
        .axis{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);font-size:.8rem;margin-top:.2rem}
        .axis :nth-child(2){text-align:center}.axis :last-child{text-align:right}
        .legend{margin:.4rem 0 0;color:var(--soft);display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
        .legend i{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;background:var(--tone);
          print-color-adjust:exact;-webkit-print-color-adjust:exact}
        details{color:var(--soft);font-size:.9rem}summary{cursor:pointer}details table{color:var(--ink);margin-top:.4rem}
        .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:0 1rem;align-items:start}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
        th{color:var(--soft);font-weight:500;font-size:.85rem}
        th,td{text-align:left;padding:.25rem .9rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        th:last-child,td:last-child{padding-right:0}td{overflow-wrap:anywhere;unicode-bidi:isolate}
        tr:last-child td{border-bottom:0}
        #apps :is(td,th):nth-child(n+2),:is(#redacted,#denied,#hidden) :is(td,th):nth-child(3),#bins :is(td,th):nth-child(n+2)
          {text-align:right;white-space:nowrap;overflow-wrap:normal}
        :is(#redacted,#denied,#hidden) td:nth-child(2){color:var(--soft);font-size:.9rem;width:38%}
        #grants td:nth-child(2){white-space:nowrap;overflow-wrap:normal}#grants td:first-child,#events td:nth-child(3){min-width:9.5rem}
        #events td:nth-child(-n+2),#bins td:first-child{white-space:nowrap;overflow-wrap:normal}
        #apps td:first-child{min-width:9rem}
        td button{font:inherit;color:inherit;background:none;border:0;padding:0;text-align:left;cursor:pointer;overflow-wrap:anywhere}
        td button:hover{text-decoration:underline}
        .mix{display:flex;height:.3rem;border-radius:.15rem;overflow:hidden;margin:.15rem 0 .2rem}
        tbody:empty::after{content:"none";color:var(--soft);display:table-row}
        @media (max-width:40rem){body{padding:1rem .6rem}.tiles{gap:.6rem}section{padding:.8rem}
          #apps :is(td,th):nth-child(n+2):nth-child(-n+5){display:none}
          :is(#redacted,#denied,#hidden) tr,:is(#events,#grants) tbody tr{display:grid;grid-template-columns:1fr auto;gap:0 .8rem;
            border-bottom:1px solid var(--line);padding:.25rem 0}
          tr[hidden]{display:none}:is(#redacted,#denied,#hidden,#events,#grants) td{border:0;padding:0;width:auto!important}
          :is(#redacted,#denied,#hidden) :is(td,th):nth-child(2){grid-row:2;grid-column:1/-1}:is(#events,#grants) thead{display:none}
          #events td:nth-child(4){display:none}#events td:nth-child(n+3){grid-column:1/-1}#events td:empty{display:none}
          #grants td:nth-child(3)::before{content:"under "}#grants td:nth-child(4)::before{content:"until "}
          #grants td:nth-child(n+3),#events td:nth-child(5){color:var(--soft)}
          :is(#redacted,#denied,#hidden) th:nth-child(2){display:none}}
        @media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--allow:#8b98a8;
          --redact:#2f7fc1;--hide:#8e5bb5;--deny:#d1512d;--warn:#fff}
          html{font-size:11px}body{font-size:1rem;padding:0;max-width:none}.filters,.by,details,#step{display:none}
          section{break-inside:auto;padding:.6rem 1rem}section:has(.chart),.tiles,tr{break-inside:avoid}h2,h2+.note{break-after:avoid}
          .two{display:block}.tiles{grid-template-columns:repeat(5,1fr)}thead{display:table-header-group}
          #time{height:9rem}#half{top:4.5rem}.warning{border:1px solid var(--line)}}
        """

    /// The tables that stand in the page are made again from the data when somebody filters; the chart is made here alone.
    /// All times are UTC, as the log's are.
    static let script = """
        "use strict";
        const { apps, paths, rows } = JSON.parse(document.getElementById("data").textContent);
        const kinds = ["allow", "redact", "hide", "deny"], words = ["allowed", "redacted", "hidden", "denied"];
        const tones = ["#2f7fc1", "#d1512d", "#3d9970", "#8e5bb5", "#c9940a", "#5b6ee1", "#b5446e", "#8b98a8"];
        const steps = [1, 5, 15, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000];
        const get = id => document.getElementById(id), number = n => n.toLocaleString("en");
        const clock = s => new Date(s * 1000).toISOString().slice(0, 19).replace("T", " ");
        const local = s => new Date(s * 1000).toISOString().slice(0, 19);
        const add = list => list.reduce((a, b) => a + b, 0), sum = list => list.reduce((n, r) => n + r[4], 0);
        function element(name, text, tone) {
          const made = document.createElement(name);
          if (text !== undefined) made.textContent = text;
          if (tone) made.style.setProperty("--tone", tone);
          return made;
        }
        function span(seconds) {
          for (const [size, word] of [[604800, "week"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]])
            if (seconds >= size && seconds % size === 0) return seconds === size ? "one " + word : seconds / size + " " + word + "s";
        }
        function order(map, size) {
          return [...map].sort((a, b) => size(b[1]) - size(a[1]) || (a[0] < b[0] ? -1 : 1));
        }
        function fill(id, lines, decorate) {
          const body = document.querySelector("#" + id + " tbody");
          body.textContent = "";
          for (const line of lines.slice(0, 20)) {
            const tr = body.insertRow();
            for (const text of line) tr.insertCell().textContent = text;
            if (decorate) decorate(tr, line);
          }
          get("more-" + id).textContent = lines.length > 20 ? "The first 20 of " + number(lines.length) + "." : "";
        }
        function byApp(list) {
          const found = new Map();
          for (const r of list) {
            if (!found.has(apps[r[1]])) found.set(apps[r[1]], [0, 0, 0, 0]);
            found.get(apps[r[1]])[r[2]] += r[4];
          }
          return order(found, add);
        }
        function byPath(list, kind) {
          const found = new Map();
          for (const r of list) {
            if (r[2] !== kind) continue;
            const name = paths[r[3]], askers = found.get(name) || new Map();
            askers.set(apps[r[1]], (askers.get(apps[r[1]]) || 0) + r[4]);
            found.set(name, askers);
          }
          return order(found, askers => add([...askers.values()])).map(([name, askers]) => {
            const who = order(askers, n => n).map(e => e[0]), more = who.length > 1 ? " and " + (who.length - 1) + " more" : "";
            return [name, who[0] + more, number(add([...askers.values()]))];
          });
        }
        function appLine(tr, line) {
          const button = element("button", line[0]), mix = element("div"), counts = line.counts;
          button.title = "show this app alone";
          button.addEventListener("click", () => { get("app").value = line[0]; draw(); });
          mix.className = "mix";
          mix.setAttribute("aria-hidden", "true");
          mix.style.width = Math.max(1, add(counts) / line.most * 100) + "%";
          counts.forEach((n, j) => { if (n) mix.append(element("span", "", "var(--" + kinds[j] + ")")); });
          [...mix.children].forEach((part, i) => part.style.flex = counts.filter(n => n)[i] + " 0 0");
          tr.cells[0].replaceChildren(button, mix);
        }
        function round(n) {
          const size = 10 ** Math.floor(Math.log10(n));
          return Math.max(2, Math.round([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find(f => f * size >= n) * size));
        }
        function chart(list, found) {
          const isByApp = get("by").value === "app", names = isByApp ? found.slice(0, 7).map(line => line[0]) : kinds;
          const place = r => { const at = isByApp ? names.indexOf(apps[r[1]]) : r[2]; return at < 0 ? names.length : at; };
          const isCut = isByApp && found.length > 7, labels = isByApp ? isCut ? [...names, "other apps"] : names : words;
          const tone = j => isByApp ? tones[isCut && j === names.length ? 7 : j] : "var(--" + kinds[j] + ")";
          for (const id of ["time", "legend", "axis", "top", "half", "step"]) get(id).textContent = "";
          for (const part of ["thead", "tbody"]) document.querySelector("#bins " + part).textContent = "";
          if (!list.length) { get("top").textContent = "No access is shown."; return; }
          const last = list[list.length - 1][0];
          let step = steps.find(s => (last - list[0][0]) / s < 90) || Math.ceil((last - list[0][0]) / 90 / 2592000) * 2592000;
          const first = Math.floor(list[0][0] / step) * step, count = Math.floor((last - first) / step) + 1;
          const bins = Array.from({ length: count }, () => labels.map(() => 0));
          for (const r of list) bins[Math.floor((r[0] - first) / step)][place(r)] += r[4];
          const most = round(Math.max(...bins.map(add)));
          get("top").textContent = number(most);
          get("half").textContent = most % 2 ? "" : number(most / 2);
          get("step").textContent = "A bar is " + span(step) + "; choose one to look into it.";
          document.querySelector("#bins thead").append(element("tr"));
          for (const label of ["From (UTC)", ...labels]) {
            const head = element("th", label);
            head.scope = "col";
            document.querySelector("#bins tr").append(head);
          }
          bins.forEach((bin, i) => {
            const bar = element("div"), from = first + i * step;
            bar.title = clock(from) + " UTC\\n" + labels.map((label, j) => label + " " + number(bin[j])).join("\\n");
            bin.forEach((n, j) => {
              if (!n) return;
              const part = element("span", "", tone(j));
              part.style.height = n / most * 100 + "%";
              bar.append(part);
            });
            bar.addEventListener("click", () => {
              get("since").value = local(from);
              get("until").value = local(from + step - 1);
              draw();
            });
            get("time").append(bar);
            if (!add(bin)) return;
            const tr = document.querySelector("#bins tbody").insertRow();
            for (const text of [clock(from), ...bin.map(number)]) tr.insertCell().textContent = text;
          });
          for (const at of [first, first + Math.floor(count / 2) * step, last]) get("axis").append(element("span", clock(at).slice(0, 16)));
          labels.forEach((label, j) => {
            const item = element("span");
            item.append(element("i", "", tone(j)), label);
            get("legend").append(item);
          });
        }
        function filterEvents(app, since, until) {
          for (const tr of document.querySelectorAll("#events tbody tr")) {
            const at = Date.parse(tr.cells[0].textContent.replace(" ", "T") + "Z") / 1000;
            tr.hidden = !!app && tr.cells[2].textContent !== app || since !== null && at < since || until !== null && at > until;
          }
        }
        function draw() {
          const app = get("app").value, at = id => get(id).value ? Date.parse(get(id).value + "Z") / 1000 : null;
          const since = at("since"), until = at("until"), wanted = app ? apps.indexOf(app) : -1;
          const list = rows.filter(r => (wanted < 0 || r[1] === wanted) && (since === null || r[0] >= since) && (until === null || r[0] <= until));
          const found = byApp(list), total = sum(list), sums = kinds.map((_, k) => sum(list.filter(r => r[2] === k)));
          get("total").textContent = number(total);
          kinds.forEach((kind, k) => get("sum-" + kind).textContent = number(sums[k]));
          get("shown").textContent = "Shown: " + number(total) + " accesses by " + (app || "all apps")
            + (since === null ? "" : " from " + clock(since)) + (until === null ? "" : " to " + clock(until))
            + (since === null && until === null ? " in all this time" : " UTC") + ".";
          const lines = found.map(([name, counts]) => {
            const line = [name, ...counts.map(number), number(add(counts))];
            return Object.assign(line, { counts, most: add(found[0][1]) });
          });
          fill("apps", lines, appLine);
          for (const [id, kind] of [["redacted", 1], ["hidden", 2], ["denied", 3]]) fill(id, byPath(list, kind));
          filterEvents(app, since, until);
          chart(list, found);
        }
        for (const id of ["app", "since", "until", "by"]) get(id).addEventListener("input", draw);
        document.querySelector(".filters").addEventListener("reset", () => setTimeout(draw));
        document.querySelector(".filters").addEventListener("submit", event => event.preventDefault());
        draw();
        """
}
