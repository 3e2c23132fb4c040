import type { StationDetails } from './stations.ts';

/** Where a simulated station stands decides what it breathes. */
export interface SimulatedStation extends StationDetails {
  readonly latitude: number;
  readonly longitude: number;
  /** 1 = a busy street; scales nitrogen dioxide, carbon monoxide and the rush hours. */
  readonly traffic: number;
  /** 1 = beside the plant; scales sulphur dioxide and particles. */
  readonly industry: number;
}

const city = 'Simulated City';
const timezone = 'Europe/Madrid';

/** Ten invented stations of an invented city; the coordinates are a plausible spread, not real instruments. */
const named: readonly SimulatedStation[] = [
  {
    id: 'sim_market_square',
    name: 'Market Square',
    latitude: 40.4165,
    longitude: -3.7026,
    traffic: 0.9,
    industry: 0.2,
  },
  {
    id: 'sim_ring_road',
    name: 'Ring Road',
    latitude: 40.4512,
    longitude: -3.669,
    traffic: 1.2,
    industry: 0.25,
  },
  {
    id: 'sim_central_station',
    name: 'Central Station',
    latitude: 40.4068,
    longitude: -3.6892,
    traffic: 1,
    industry: 0.3,
  },
  {
    id: 'sim_harbour_street',
    name: 'Harbour Street',
    latitude: 40.3921,
    longitude: -3.6975,
    traffic: 0.8,
    industry: 0.5,
  },
  {
    id: 'sim_university',
    name: 'University',
    latitude: 40.4489,
    longitude: -3.7281,
    traffic: 0.5,
    industry: 0.1,
  },
  {
    id: 'sim_city_park',
    name: 'City Park',
    latitude: 40.4153,
    longitude: -3.6844,
    traffic: 0.35,
    industry: 0.1,
  },
  {
    id: 'sim_hospital',
    name: 'Hospital',
    latitude: 40.4811,
    longitude: -3.6888,
    traffic: 0.6,
    industry: 0.15,
  },
  {
    id: 'sim_steelworks',
    name: 'Steelworks',
    latitude: 40.3467,
    longitude: -3.6712,
    traffic: 0.5,
    industry: 1.2,
  },
  {
    id: 'sim_airport',
    name: 'Airport',
    latitude: 40.4722,
    longitude: -3.5609,
    traffic: 0.75,
    industry: 0.35,
  },
  {
    id: 'sim_hill_village',
    name: 'Hill Village',
    latitude: 40.5331,
    longitude: -3.7742,
    traffic: 0.15,
    industry: 0.05,
  },
].map((station) => ({ ...station, city, timezone }));

/** The first `count` stations: the named ones, then numbered ones on a spiral around the city. */
export function simulatedStations(count: number): SimulatedStation[] {
  return Array.from({ length: count }, (_, index) => named[index] ?? numbered(index));
}

function numbered(index: number): SimulatedStation {
  const number = String(index + 1).padStart(4, '0');
  // The golden angle, 137.5°, spreads any number of points evenly; 0.004° a step of the root is some 400 m.
  const angle = index * 2.399963;
  const radius = 0.004 * Math.sqrt(index);
  return {
    id: `sim_${number}`,
    name: `Simulated station ${number}`,
    latitude: round(Math.max(-89, Math.min(89, 40.4165 + radius * Math.sin(angle)))),
    longitude: round(Math.max(-179, Math.min(179, -3.7026 + radius * Math.cos(angle)))),
    city,
    timezone,
    traffic: round(0.2 + ((index * 7) % 10) / 10),
    industry: round(0.1 + ((index * 3) % 10) / 20),
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
