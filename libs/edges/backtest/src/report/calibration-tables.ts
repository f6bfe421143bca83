import { numberText, percentText, type ReportRow, type ReportTable } from '@plinth/report';
import { STYLES } from '../books/styles.ts';
import { KNOBS, type Score } from '../run/calibrate.ts';
import type { CalibrationFigures } from '../run/calibration-run.ts';

/**
 * The numbers before and after a search, and how both do on data that they were fitted to and on other data.
 */
export const calibrationTables = (figures: CalibrationFigures): readonly ReportTable[] => {
  const { present, found, calibrationSets, testSets, trials, goal, flatRates } = figures;
  const { majors, others, stables } = flatRates;
  return [
    {
      title: 'Parameters',
      note: `${numberText(trials)} sets tried; fitted on ${calibrationSets.join(', ')}`,
      rows: KNOBS.map((knob) => ({
        parameter: knob,
        present: String(present.knobs[knob]),
        found: String(found.knobs[knob]),
      })),
    },
    {
      title: 'Coverage and requirement',
      note: `goal ${percentText(goal)} of every style on calibration data; tested on ${testSets.join(', ')}`,
      rows: [
        ...scoreRows('calibration', present.calibration, found.calibration),
        ...scoreRows('test', present.test, found.test),
      ],
    },
    {
      title: 'Flat rates that are as safe on the hourly calibration data',
      rows: [{ majors: percentText(majors), others: percentText(others), stables: percentText(stables) }],
    },
  ];
};

const scoreRows = (
  data: string,
  present: Score | undefined,
  found: Score | undefined,
): readonly ReportRow[] => {
  if (present === undefined || found === undefined) return [];
  const share = (score: Score, style: (typeof STYLES)[number]): string => {
    const value = score.shares[style];
    return value === undefined ? '–' : `${numberText(value * 100, 2)} %`;
  };
  const asked = (score: Score): string => `${numberText(score.requirement * 100, 2)} %`;
  return [
    ...STYLES.map((style) => ({
      data,
      figure: `${style} covered`,
      present: share(present, style),
      found: share(found, style),
    })),
    { data, figure: 'asked, of size', present: asked(present), found: asked(found) },
  ];
};
