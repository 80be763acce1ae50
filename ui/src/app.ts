/** The staff bundle: navigation without reloads, live streams, keys, and our elements. */
import htmx from "htmx.org";
import "htmx-ext-sse";
import { applyColumns, installMenus } from "./menus";
import { installConfirm } from "./confirm";
import { installKeep } from "./keep";
import { installLive } from "./live";
import { installNavigation } from "./navigation";
import { meta, tellZone } from "./page";
import { installShortcuts } from "./shortcuts";
import { installTheme } from "./theme";
import "./elements/timer";
import "./elements/localtime";
import "./elements/spark";
import "./elements/chart";
import "./phone/element";

// Consumers' data never stays in the browser's storage; nothing is evaluated from strings.
htmx.config.historyCacheSize = 0;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.timeout = 20_000;
htmx.config.defaultFocusScroll = false;

// The server-sent events extension expects htmx as a global.
(window as unknown as { htmx: typeof htmx }).htmx = htmx;

document.addEventListener("htmx:configRequest", (event) => {
  const detail = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
  detail.headers["X-CSRF-Token"] = meta("csrf-token");
});

tellZone();
installTheme();
installConfirm();
installNavigation();
installLive();
installKeep();
installMenus();
installShortcuts();
applyColumns();
