import { LitElement } from "lit";
import { property } from "lit/decorators.js";
import type { AlignedData, Options } from "uplot";

/** What a page hands to a chart: seconds since 1970, then one series of numbers per line. */
interface ChartData {
  times: number[];
  lines: { label: string; tone?: string; values: (number | null)[] }[];
}

/**
 * `<gt-chart src="/reports/answer-rate.json">` or with the data as JSON inside; lines over time.
 * The library loads only where a chart is shown. The page gives the same numbers as a table.
 */
export class GtChart extends LitElement {
  @property() src = "";
  private plot: { destroy(): void; setSize(size: { width: number; height: number }): void } | undefined;
  private watcher: ResizeObserver | undefined;
  private given = "";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.given ||= this.querySelector('script[type="application/json"]')?.textContent ?? "";
    void this.draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watcher?.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  private async draw(): Promise<void> {
    const data = await this.load();
    if (!data || !this.isConnected) return;
    const { default: UPlot } = await import("uplot");
    const shade = (name: string) => getComputedStyle(this).getPropertyValue(`--gt-${name}`).trim();
    const axis = { stroke: shade("ink-soft"), grid: { stroke: shade("line"), width: 1 }, ticks: { show: false } };
    const options: Options = {
      width: this.clientWidth || 320,
      height: this.clientHeight || 220,
      axes: [axis, axis],
      legend: { live: false },
      series: [
        {},
        ...data.lines.map((l) => ({ label: l.label, stroke: shade(l.tone ?? "act"), width: 2, points: { show: false } })),
      ],
    };
    const plot = new UPlot(options, [data.times, ...data.lines.map((l) => l.values)] as AlignedData, this);
    this.plot = plot;
    this.watcher = new ResizeObserver(() => plot.setSize({ width: this.clientWidth, height: 220 }));
    this.watcher.observe(this);
  }

  private async load(): Promise<ChartData | undefined> {
    if (!this.src) return this.given ? (JSON.parse(this.given) as ChartData) : undefined;
    const answer = await fetch(this.src);
    return answer.ok ? ((await answer.json()) as ChartData) : undefined;
  }
}

customElements.define("gt-chart", GtChart);
