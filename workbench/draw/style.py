"""Colours and fonts of a picture. They follow the reader's light or dark mode."""

CSS = """
.dp{font-family:Helvetica,Arial,"Liberation Sans",sans-serif;
--page:#fff;--ink:#1c2733;--soft:#5b6875;--line:#d3dae1;--net:#f6f8fa;--card:#fff;
--part:#0b63b8;--part-fill:#e8f1fb;--rep:#0a7a55;--rep-fill:#e5f5ee;--warn:#8a5300}
@media (prefers-color-scheme:dark){.dp{
--page:#0f141a;--ink:#e3e9ef;--soft:#9aa7b4;--line:#33404d;--net:#161d25;--card:#1c242d;
--part:#7ab8f5;--part-fill:#16304a;--rep:#62cfa4;--rep-fill:#12382b;--warn:#e0ad5b}}
.dp text{fill:var(--ink)}
.dp .soft{fill:var(--soft)}.dp .b{font-weight:bold}
.dp .s10{font-size:10px}.dp .s11{font-size:11px}.dp .s12{font-size:12px}.dp .s13{font-size:13px}.dp .s15{font-size:15px}.dp .s22{font-size:22px}
.dp .page{fill:var(--page)}
.dp .net{fill:var(--net);stroke:var(--soft);stroke-dasharray:5 4}
.dp .box,.dp .card{fill:var(--card);stroke:var(--line)}
.dp .box{stroke-width:1.5}
.dp .topic{fill:none;stroke:var(--part);stroke-width:1.5}.dp .consumer{fill:none;stroke:var(--rep);stroke-width:1.5}
.dp .part{fill:var(--part-fill);stroke:var(--part)}.dp .rep{fill:var(--rep-fill);stroke:var(--rep)}
.dp text.part{fill:var(--part);stroke:none}.dp text.rep{fill:var(--rep);stroke:none}
.dp .tag{fill:none;stroke:var(--soft)}.dp .tag.protected{stroke:var(--warn)}
.dp text.protected{fill:var(--warn)}.dp text.private{fill:var(--soft)}
.dp .flow,.dp .thin{fill:none;stroke:var(--part);stroke-width:1.5}.dp .thin{stroke-width:1}.dp .head{fill:var(--part)}
.dp .cells-part,.dp .cells-rep{fill:none;stroke:var(--part);stroke-width:3;stroke-opacity:.45}.dp .cells-rep{stroke:var(--rep)}
""".replace("\n", "")
