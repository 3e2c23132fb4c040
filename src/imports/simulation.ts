import type { SimulatedStation } from './simulated-stations.ts';

/**
 * Every simulated value is a function of this seed, the station's position in the list and the time step, and of nothing
 * else: the same on every run and machine, and a longer simulation holds the shorter one unchanged.
 */
const seed = 20_161_001;

/** The simulation ends here (excluded), whatever the day it is run on, and reaches back as many days as are asked for. */
export const simulationEnd = new Date('2026-11-01T00:00:00Z');

export const defaultStations = 10;
export const defaultDays = 90;
export const stepsPerDay = 96;

const stepMs = 86_400_000 / stepsPerDay;
const dayMs = 86_400_000;
/** Rows joined before they are handed on; some 60 KiB. */
const rowsPerPart = 1_000;

export interface SimulationExtent {
  readonly stations: readonly SimulatedStation[];
  readonly days: number;
}

/**
 * Simulated measurements as a measurement file, in order of time step and station, 15 minutes apart with up to 60 ms of
 * jitter, as the feeds this stands for have it. What is in it: the day's two rush hours and its photochemistry, quiet weekends,
 * winter heating and summer ozone, weather that drifts over hours, some days of stagnant air a month (all of
 * them up by half or more, ozone down), and gaps: hours in which one analyser or a whole station reports
 * nothing. A gap is empty fields, not a missing row, so that the count is stations x days x 96.
 */
export async function* simulate({ stations, days }: SimulationExtent): AsyncGenerator<Buffer> {
  let rows = ['TimeInstant,id_entity,so2,no2,co,o3,pm10,pm2_5'];
  const firstStep = simulationEnd.getTime() / stepMs - days * stepsPerDay;
  for (let step = firstStep; step < firstStep + days * stepsPerDay; step++) {
    const air = airAt(step);
    for (const [index, station] of stations.entries()) {
      rows.push(row(step, index, station, air));
      if (rows.length >= rowsPerPart) {
        yield Buffer.from(`${rows.join('\n')}\n`);
        rows = [];
      }
    }
  }
  if (rows.length > 0) yield Buffer.from(`${rows.join('\n')}\n`);
}

/** What all stations share at one time step; factors around 1. */
interface Air {
  /** `2016-10-01 00:15:0`; seconds and milliseconds follow. */
  readonly minute: string;
  readonly rush: number;
  readonly sun: number;
  readonly heating: number;
  readonly weather: number;
  readonly stagnation: number;
}

function airAt(step: number): Air {
  const time = step * stepMs;
  const hour = (time % dayMs) / 3_600_000;
  const day = Math.floor(time / dayMs);
  // 1970-01-01 was a Thursday.
  const weekday = (day + 3) % 7;
  const weekend = weekday >= 5;
  const year = (2 * Math.PI * (day % 365.25)) / 365.25;
  const winter = 0.5 + 0.5 * Math.cos(year);
  return {
    minute: new Date(time).toISOString().slice(0, 16).replace('T', ' '),
    rush: (0.35 + bell(hour, 8, 1.6) + 0.9 * bell(hour, 19, 2.2)) * (weekend ? 0.6 : 1),
    sun: Math.max(0, Math.sin((Math.PI * (hour - 6)) / 14)) * (1.25 - 0.75 * winter),
    heating: winter * (0.6 + 0.4 * bell(hour, 21, 3)),
    weather: 0.7 + 0.6 * smooth(step / 40, 0),
    stagnation: stagnation(step),
  };
}

/** Some three days of stagnant air a month, coming and going over half a day. */
function stagnation(step: number): number {
  return 1 + 1.6 * Math.max(0, smooth(step / (2 * stepsPerDay), 1) - 0.78) * 4.5;
}

function row(step: number, index: number, station: SimulatedStation, air: Air): string {
  const jitter = Math.floor(random(step, index, 2) * 60);
  const time = `${air.minute}:00.0${jitter < 10 ? '0' : ''}${jitter}`;
  const head = `${time},${station.id}`;
  // A station is out for some hours on one day in fifty.
  if (isGap(step, index, 3, 0.02)) return `${head},,,,,,`;
  const own = 0.75 + 0.5 * smooth(step / 10, 10 + index);
  const spread = air.weather * air.stagnation * own;
  const traffic = station.traffic * air.rush;
  const values = [
    (2.5 + 9 * station.industry + 3 * air.heating) * spread,
    (6 + 46 * traffic + 9 * air.heating) * spread,
    (0.15 + 0.55 * traffic + 0.3 * air.heating) * spread,
    Math.max(2, (34 + 62 * air.sun - 17 * traffic) * (1.1 - 0.1 * spread) * own),
    (9 + 13 * traffic + 15 * station.industry + 7 * air.heating) * spread,
    (5 + 6 * traffic + 6 * station.industry + 6 * air.heating) * spread,
  ];
  let fields = head;
  for (const [pollutant, value] of values.entries()) {
    // An analyser is calibrated or broken for some hours on one day in a hundred.
    if (isGap(step, index, 4 + pollutant, 0.01)) fields += ',';
    else fields += `,${Math.round(value * (0.95 + 0.1 * random(step, index, 20 + pollutant)) * 1000) / 1000}`;
  }
  return fields;
}

/** True during a window of one to seven hours, on a share of the days. */
function isGap(step: number, index: number, channel: number, share: number): boolean {
  const day = Math.floor(step / stepsPerDay);
  const chance = random(day, index, 40 + channel);
  if (chance >= share) return false;
  const start = Math.floor((chance / share) * 68);
  const length = 4 + Math.floor(random(day, index, 60 + channel) * 24);
  const stepOfDay = step - day * stepsPerDay;
  return stepOfDay >= start && stepOfDay < start + length;
}

function bell(hour: number, center: number, width: number): number {
  return Math.exp(-((hour - center) ** 2) / (2 * width ** 2));
}

/** Noise from 0 to 1 that drifts: random at whole positions, eased between them. */
function smooth(position: number, channel: number): number {
  const whole = Math.floor(position);
  const part = position - whole;
  const eased = part * part * (3 - 2 * part);
  const before = random(whole, channel, 1);
  return before + (random(whole + 1, channel, 1) - before) * eased;
}

/** A number from 0 to 1 (excluded) that three integers and the seed decide: the finalizer of MurmurHash3. */
function random(a: number, b: number, c: number): number {
  let hash = seed ^ Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77) ^ Math.imul(c + 1, 0xc2b2ae3d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}
