import { darkRules, FONT } from './charts/theme';

/** The report's whole style sheet; the charts' own colours turn dark with the page. */
export const styles = `
:root{--ink:#1f2328;--muted:#5b6570;--line:#e3e7eb;--paper:#fff;--raised:#f6f8fa;--accent:#0b69d4}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 ${FONT};-webkit-text-size-adjust:100%}
main{max-width:820px;margin:0 auto;padding:56px 24px 96px}
h1{font-size:2rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 16px}
h2{font-size:1.25rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 10px}
p{margin:0 0 14px;max-width:68ch}
header p{font-size:1.0625rem;color:var(--muted)}
code{font:.875em/1 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--raised);padding:.2em .4em;border-radius:4px}
section{margin-top:56px}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;margin:32px 0 0;border:1px solid var(--line);border-radius:10px;overflow:hidden}
dl div{display:flex;flex-direction:column;padding:16px 18px;box-shadow:0 0 0 1px var(--line)}
dd{margin:0;font-size:1.625rem;font-weight:600;letter-spacing:-.02em;line-height:1.3;font-variant-numeric:tabular-nums}
dt{color:var(--muted);font-size:.875rem;line-height:1.4}
figure{margin:20px 0 0}
figure svg{display:block;width:100%;height:auto;overflow:visible}
.narrow{display:none}
figcaption{margin-top:8px;color:var(--muted);font-size:.875rem;max-width:72ch}
.table{margin-top:20px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;font-size:.8125rem;color:var(--muted);border-bottom:1px solid var(--ink);padding:6px 12px;white-space:nowrap}
td{border-bottom:1px solid var(--line);padding:6px 12px}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right}
td.number,td.value{white-space:nowrap}
@media (max-width:620px){
main{padding:32px 24px 64px}
section{margin-top:40px}
.wide{display:none}
.narrow{display:block}
figure div{overflow-x:auto}
figure svg{width:auto;max-width:none}
table{font-size:.75rem}
th{font-size:.6875rem;white-space:normal;vertical-align:bottom}
th,td{padding:5px 4px}
}
@media (prefers-color-scheme:dark){
:root{--ink:#e6edf3;--muted:#9aa3ad;--line:#2b3138;--paper:#0f1318;--raised:#1a2027;--accent:#5aa7ff}
${darkRules('figure')}
}
@media print{main{max-width:none;padding:0}section{break-inside:avoid}}
`;
