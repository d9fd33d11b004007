/// How the report looks and what its script does. Colours differ in lightness too, for those who see few of them.
extension AuditReport {
    static let style = """
        :root{color-scheme:light dark;--paper:#fff;--card:#f6f7f9;--ink:#1c2430;--soft:#5c6775;--line:#dde2e8;--allow:#8b98a8;--redact:#2f7fc1;--hide:#8e5bb5;--deny:#d1512d}
        @media (prefers-color-scheme:dark){:root{--paper:#14181d;--card:#1d232b;--ink:#e6eaef;--soft:#9aa6b4;--line:#323b46;--allow:#76859a;--redact:#4c9be0;--hide:#b07fd6;--deny:#ee7450}}
        *{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:0 auto;padding:1.5rem 1rem 3rem;font-variant-numeric:tabular-nums}
        h1{font-size:1.6rem;margin:0}h2{font-size:1.05rem;margin:0 0 .5rem}.note{color:var(--soft);margin:.2rem 0 .6rem;font-size:.9rem}
        section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:0 0 1rem;min-width:0}
        .filters{display:flex;gap:.6rem 1rem;flex-wrap:wrap;align-items:center;margin:1rem 0}
        select,input,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.3rem .5rem;max-width:100%}
        select:focus-visible,input:focus-visible,button:focus-visible{outline:2px solid var(--redact);outline-offset:1px}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem;list-style:none;margin:0 0 1rem;padding:0}
        .tiles li{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--tone,var(--ink));border-radius:.6rem;padding:.6rem 1rem;color:var(--soft)}
        .tiles b{display:block;font-size:1.5rem;color:var(--ink)}.allow{--tone:var(--allow)}.redact{--tone:var(--redact)}.hide{--tone:var(--hide)}.deny{--tone:var(--deny)}
        .line{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap}.by{color:var(--soft)}
        .chart{position:relative;padding-top:1.2rem}#top{position:absolute;top:0;left:0;color:var(--soft);font-size:.8rem}
        #time{display:flex;align-items:flex-end;height:11rem;gap:2px;border-top:1px dashed var(--line);border-bottom:1px solid var(--soft)}
        #time div{flex:1;display:flex;flex-direction:column-reverse;min-width:1px;height:100%}#time span{background:var(--tone);print-color-adjust:exact}
        #time div:hover{background:var(--line)}.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem;margin-top:.2rem}
        .legend{margin:.4rem 0 0;color:var(--soft);display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}.legend i{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;background:var(--tone);print-color-adjust:exact}
        .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 1rem;align-items:start}
        table{border-collapse:collapse;width:100%}th{color:var(--soft);font-weight:500;font-size:.85rem}th,td{text-align:left;padding:.25rem .5rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        td{overflow-wrap:anywhere;unicode-bidi:isolate}tr:last-child td{border-bottom:0}td:not(:first-child),th:not(:first-child){text-align:right;white-space:nowrap;overflow-wrap:normal}
        tbody:empty::after{content:"none";color:var(--soft);display:table-row}
        @media (max-width:34rem){#apps td:nth-child(n+2):nth-child(-n+5),#apps th:nth-child(n+2):nth-child(-n+5){display:none}}
        @media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb}.filters,.by{display:none}body{padding:0;max-width:none;font-size:11px}section{break-inside:avoid}tr{break-inside:avoid}}
        """

    /// The tables that stand in the page are made again from `rows` when somebody filters; the chart is made here alone.
    static let script = """
        const kinds = ["allow", "redact", "hide", "deny"], words = ["allowed", "redacted", "hidden", "denied"];
        const tones = ["#2f7fc1", "#d1512d", "#3d9970", "#8e5bb5", "#c9940a", "#5b6ee1", "#b5446e", "#8b98a8"];
        const get = id => document.getElementById(id), number = n => n.toLocaleString("en");
        const clock = seconds => new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
        const sum = list => list.reduce((n, r) => n + +r[4], 0);
        function order(map, size) { return [...map].sort((a, b) => size(b[1]) - size(a[1]) || (a[0] < b[0] ? -1 : 1)).slice(0, 20); }
        function fill(id, lines) {
          const body = document.querySelector("#" + id + " tbody"); body.textContent = "";
          for (const line of lines) { const tr = body.insertRow(); for (const text of line) tr.insertCell().textContent = text; }
        }
        function top20(list, kind) {
          const counts = new Map();
          for (const r of list) if (r[2] === kind) counts.set(r[3], (counts.get(r[3]) || 0) + +r[4]);
          return order(counts, n => n).map(([name, n]) => [name, n]);
        }
        function byApp(list) {
          const apps = new Map(), total = counts => counts.reduce((a, b) => a + b, 0);
          for (const r of list) { if (!apps.has(r[1])) apps.set(r[1], [0, 0, 0, 0]); apps.get(r[1])[kinds.indexOf(r[2])] += +r[4]; }
          return order(apps, total).map(([name, counts]) => [name, ...counts, total(counts)]);
        }
        function chart(list) {
          const names = get("by").value === "app" ? byApp(list).slice(0, 7).map(line => line[0]) : kinds;
          const place = r => { const at = names.indexOf(names === kinds ? r[2] : r[1]); return at < 0 ? names.length : at; };
          const isCut = names !== kinds && list.some(r => place(r) === names.length), labels = names === kinds ? words : isCut ? [...names, "other apps"] : names;
          const tone = j => names === kinds ? "var(--" + kinds[j] + ")" : tones[isCut && j === names.length ? 7 : j];
          for (const id of ["time", "legend", "axis", "top"]) get(id).textContent = "";
          if (!list.length) { get("top").textContent = "no access in this time"; return; }
          const times = [+list[0][0], +list[list.length - 1][0]], first = Math.min(...times), last = Math.max(...times);
          const n = Math.min(72, last - first + 1), step = (last - first + 1) / n, bins = Array.from({ length: n }, () => labels.map(() => 0));
          for (const r of list) bins[Math.min(n - 1, Math.floor((+r[0] - first) / step))][place(r)] += +r[4];
          const most = Math.max(...bins.map(bin => bin.reduce((a, b) => a + b, 0)));
          get("top").textContent = number(most);
          bins.forEach((bin, i) => {
            const bar = document.createElement("div");
            bar.title = clock(first + i * step) + "\\n" + labels.map((label, j) => label + " " + number(bin[j])).join("\\n");
            bin.forEach((count, j) => { if (!count) return; const part = document.createElement("span"); part.style.setProperty("--tone", tone(j)); part.style.height = count / most * 100 + "%"; bar.append(part); });
            get("time").append(bar);
          });
          for (const at of [first, (first + last) / 2, last]) { const mark = document.createElement("span"); mark.textContent = clock(at); get("axis").append(mark); }
          labels.forEach((label, j) => { const item = document.createElement("span"), box = document.createElement("i"); box.style.setProperty("--tone", tone(j)); item.append(box, label); get("legend").append(item); });
        }
        function draw() {
          const app = get("app").value, at = id => get(id).value ? new Date(get(id).value).getTime() / 1000 : null, since = at("since"), until = at("until");
          const list = rows.filter(r => (!app || r[1] === app) && (since === null || +r[0] >= since) && (until === null || +r[0] <= until));
          get("total").textContent = number(sum(list));
          kinds.forEach(kind => get("sum-" + kind).textContent = number(sum(list.filter(r => r[2] === kind))));
          fill("apps", byApp(list).map(([name, ...counts]) => [name, ...counts.map(number)]));
          for (const [id, kind] of [["redacted", "redact"], ["denied", "deny"], ["hidden", "hide"]]) fill(id, top20(list, kind).map(([name, n]) => [name, number(n)]));
          chart(list);
        }
        for (const id of ["app", "since", "until", "by"]) get(id).addEventListener("input", draw);
        document.querySelector(".filters").addEventListener("reset", () => setTimeout(draw));
        document.querySelector(".filters").addEventListener("submit", event => event.preventDefault());
        draw();
        """
}
