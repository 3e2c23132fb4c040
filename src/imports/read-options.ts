/** How a source is to be understood, where its header does not say or an operator knows better. */
export interface ReadOptions {
  /** Zone of times without an offset: IANA name or fixed offset such as `+01:00`. Default UTC. */
  readonly timezone?: string;
  /** Which end of the averaging period a time stamps. Stored is always the start. Default `start`. */
  readonly timestamps?: 'start' | 'end';
  /** Length of the averaging period in minutes; only `timestamps: 'end'` needs it. Default 15. */
  readonly periodMinutes?: number;
  /** Column or parameter name -> what it is (`ImportField`), or `ignore`. */
  readonly map?: Readonly<Record<string, string>>;
  /** Pollutant code -> unit of its values, where neither header nor a unit column says. */
  readonly units?: Readonly<Record<string, string>>;
  /** °C at which mixing ratios (ppb, ppm) become masses. Default 20, as the EU reports. */
  readonly celsius?: number;
  /** Detected from the header by default. */
  readonly delimiter?: string;
  /** Detected from the first values by default. */
  readonly decimal?: '.' | ',';
  /** A WHATWG label such as `windows-1252`; detected by default. */
  readonly encoding?: string;
}
