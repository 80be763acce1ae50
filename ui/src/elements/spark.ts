import { css, html, LitElement, svg } from "lit";
import { property } from "lit/decorators.js";

/** `<gt-spark points="3,4,2,6" goal="5">`: a small line of the last values; decoration beside a figure. */
export class GtSpark extends LitElement {
  static override styles = css`
    :host {
      color: var(--gt-act);
    }
    svg {
      display: block;
      width: 100%;
      height: 100%;
      overflow: visible;
    }
    path {
      fill: none;
      stroke: currentcolor;
      stroke-width: 1.75;
      stroke-linecap: round;
      stroke-linejoin: round;
      vector-effect: non-scaling-stroke;
    }
    line {
      stroke: var(--gt-line-strong);
      stroke-dasharray: 2 3;
      vector-effect: non-scaling-stroke;
    }
  `;

  @property() points = "";
  @property() goal = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("aria-hidden", "true");
  }

  override render(): unknown {
    const values = this.points.split(",").map(Number).filter(Number.isFinite);
    if (values.length < 2) return html``;
    const goal = this.goal === "" ? undefined : Number(this.goal);
    const all = goal === undefined ? values : [...values, goal];
    const low = Math.min(...all);
    const span = Math.max(...all) - low || 1;
    const y = (v: number) => (26 - ((v - low) / span) * 24).toFixed(1);
    const x = (i: number) => ((i / (values.length - 1)) * 100).toFixed(1);
    const d = values.map((v, i) => `${i ? "L" : "M"}${x(i)} ${y(v)}`).join("");
    return html`<svg viewBox="0 0 100 28" preserveAspectRatio="none">
      ${goal === undefined ? null : svg`<line x1="0" x2="100" y1=${y(goal)} y2=${y(goal)}></line>`}
      ${svg`<path d=${d}></path>`}
    </svg>`;
  }
}

customElements.define("gt-spark", GtSpark);
