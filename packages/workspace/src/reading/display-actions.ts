import {
  Blend,
  Crosshair,
  Eye,
  HelpCircle,
  LayoutGrid,
  Maximize,
  Minimize,
  Move3d,
  Palette,
  RotateCw,
  Scan,
  Sparkles,
  SquareDashed,
  SunMoon,
  Waves,
} from 'lucide-react';
import type { Action } from '../actions/index.ts';
import { scale, viewVectors } from '../geometry/index.ts';
import { activePane, currentLayout, type ReadingContext, state } from './context.ts';
import { noNudge } from './hand-alignment.ts';
import type { PaneDefinition } from './layouts.ts';
import { page } from './moves.ts';
import { ctWindows, fusionTables, petTables } from './presets.ts';
import { drawCurtain, shiftPet, turn } from './reading-state.ts';

type ReadingAction = Action<ReadingContext>;

const always = () => true;
const isPlane = (pane: PaneDefinition | undefined): pane is PaneDefinition =>
  pane !== undefined && pane.kind !== 'mip';
const hasCt = ({ model }: ReadingContext) => model.ct !== undefined;
const hasPet = ({ model }: ReadingContext) => model.pet !== undefined;
const isFused = ({ model }: ReadingContext) => model.fusion.isAllowed && hasCt({ model } as ReadingContext);

function next<T>(list: readonly T[], current: T): T {
  return list[(list.indexOf(current) + 1) % list.length]!;
}

const windows: readonly ReadingAction[] = ctWindows.map((preset, index) => ({
  id: `ct.${preset.id}`,
  label: `CT ${preset.label.toLowerCase()}`,
  group: 'CT window',
  keys: [String(index + 1)],
  isEnabled: hasCt,
  isOn: (context) => state(context).ctRange === preset.range,
  perform: ({ store }) => store.setState({ ctRange: preset.range }),
}));

const ranges: readonly ReadingAction[] = [0, 1, 2, 3].map((index) => ({
  id: `pet.range-${index + 1}`,
  label: `PET range ${index + 1} (${['0–5', '0–7', '0–10', '0–15'][index]} SUV)`,
  group: 'PET range',
  keys: [String(6 + index)],
  isEnabled: hasPet,
  perform: ({ store, model }) => store.setState({ petRange: model.petPresets[index]!.range }),
}));

function paging(
  id: string,
  label: string,
  keys: readonly string[],
  planes: number,
  degrees: number,
): ReadingAction {
  return {
    id,
    label,
    group: 'Position',
    keys,
    isEnabled: always,
    perform: (context) => {
      const pane = activePane(context);
      if (pane === undefined) return;
      if (pane.kind === 'mip') turn(context.store, degrees);
      else page(context, pane, planes);
    },
  };
}

/** One millimetre over the screen, in the active pane. */
const nudges: readonly ReadingAction[] = (
  [
    ['ArrowUp', 'up', 1],
    ['ArrowDown', 'up', -1],
    ['ArrowRight', 'right', 1],
    ['ArrowLeft', 'right', -1],
  ] as const
).map(([key, along, mm]) => ({
  id: `align.${key}`,
  label: `Move the PET by 1 mm: ${key.slice('Arrow'.length).toLowerCase()}`,
  group: 'Fusion',
  keys: [`Shift+${key}`],
  isEnabled: (context) => state(context).byHand?.kind === 'nudge' && isPlane(activePane(context)),
  perform: (context) => {
    const pane = activePane(context);
    if (isPlane(pane)) shiftPet(context.store, scale(viewVectors(pane.kind)[along], mm));
  },
}));

function zooming(id: string, label: string, keys: readonly string[], factor: number): ReadingAction {
  return {
    id,
    label,
    group: 'Panes',
    keys,
    isEnabled: always,
    perform: (context) => {
      const definition = activePane(context);
      if (definition !== undefined) context.panes.get(definition.id)?.zoom(factor);
    },
  };
}

function blink({ store }: ReadingContext): void {
  store.setState(({ comparison }) => ({ comparison: comparison === 'enhanced' ? 'original' : 'enhanced' }));
}

const FAR = 10_000;

/** What changes the pictures and nothing else. */
export const displayActions: readonly ReadingAction[] = [
  ...windows,
  ...ranges,
  {
    id: 'pet.table',
    label: 'Next PET colour table',
    group: 'PET range',
    icon: Palette,
    keys: ['I'],
    isEnabled: hasPet,
    perform: ({ store }) => store.setState(({ petTable }) => ({ petTable: next(petTables, petTable) })),
  },
  {
    id: 'fusion.table',
    label: 'Next fusion colour table',
    group: 'Fusion',
    icon: Palette,
    keys: ['Shift+I'],
    isEnabled: isFused,
    perform: ({ store }) =>
      store.setState(({ fusionTable }) => ({ fusionTable: next(fusionTables, fusionTable) })),
  },
  {
    id: 'fusion.toggle',
    label: 'Fused or CT alone (hold to peek)',
    group: 'Fusion',
    icon: Blend,
    keys: ['F'],
    isEnabled: isFused,
    isOn: (context) => state(context).content === 'fused',
    perform: ({ store }) =>
      store.setState(({ content }) => ({ content: content === 'fused' ? 'ct' : 'fused' })),
    release: ({ store }) =>
      store.setState(({ content }) => ({ content: content === 'fused' ? 'ct' : 'fused' })),
  },
  {
    id: 'fusion.pet',
    label: 'Fused or PET alone',
    group: 'Fusion',
    keys: ['Shift+F'],
    isEnabled: isFused,
    perform: ({ store }) =>
      store.setState(({ content }) => ({ content: content === 'pet' ? 'fused' : 'pet' })),
  },
  {
    id: 'fusion.deformed',
    label: 'PET deformed to the CT, or as it was measured',
    group: 'Fusion',
    icon: Waves,
    keys: ['D'],
    isEnabled: ({ model }) => model.isDeformable,
    isOn: (context) => context.model.isDeformable && state(context).showsDeformed,
    perform: ({ store }) => store.setState(({ showsDeformed }) => ({ showsDeformed: !showsDeformed })),
  },
  {
    id: 'fusion.less',
    label: 'Less PET in the fusion',
    group: 'Fusion',
    keys: ['['],
    isEnabled: isFused,
    perform: ({ store }) => store.setState(({ opacity }) => ({ opacity: Math.max(0, opacity - 0.1) })),
  },
  {
    id: 'fusion.more',
    label: 'More PET in the fusion',
    group: 'Fusion',
    keys: [']'],
    isEnabled: isFused,
    perform: ({ store }) => store.setState(({ opacity }) => ({ opacity: Math.min(1, opacity + 0.1) })),
  },
  {
    id: 'enhance.open',
    label: 'Enhance a series',
    group: 'Enhancement',
    icon: Sparkles,
    keys: ['Shift+E'],
    isEnabled: (context) => hasCt(context) || hasPet(context),
    isOn: (context) => state(context).showsEnhancement,
    perform: ({ store }) =>
      store.setState(({ showsEnhancement }) => ({
        showsEnhancement: !showsEnhancement,
        comparison: 'enhanced',
      })),
  },
  {
    id: 'enhance.blink',
    label: 'Enhanced or original (hold to peek)',
    group: 'Enhancement',
    keys: ['B'],
    isEnabled: ({ model }) => model.layer !== undefined,
    perform: blink,
    release: blink,
  },
  {
    id: 'enhance.difference',
    label: 'Difference of enhanced and original',
    group: 'Enhancement',
    keys: ['Shift+B'],
    isEnabled: ({ model }) => model.layer?.difference !== undefined,
    isOn: (context) => context.model.layer !== undefined && state(context).comparison === 'difference',
    perform: ({ store }) =>
      store.setState(({ comparison }) => ({
        comparison: comparison === 'difference' ? 'enhanced' : 'difference',
      })),
  },
  {
    id: 'enhance.curtain',
    label: 'Curtain: original on the left, enhanced or difference on the right',
    group: 'Enhancement',
    keys: ['S'],
    isEnabled: ({ model }) => model.layer !== undefined,
    isOn: (context) => context.model.layer !== undefined && state(context).curtain !== null,
    perform: ({ store }) => store.setState(drawCurtain),
  },
  {
    id: 'tool.triangulate',
    label: 'Triangulate',
    group: 'Mouse tool',
    icon: Crosshair,
    keys: ['C'],
    isEnabled: always,
    isOn: (context) => state(context).tool === 'triangulate',
    perform: ({ store }) => store.setState({ tool: 'triangulate' }),
  },
  {
    id: 'tool.window',
    label: 'Window',
    group: 'Mouse tool',
    icon: SunMoon,
    keys: ['W'],
    isEnabled: always,
    isOn: (context) => state(context).tool === 'window',
    perform: ({ store }) => store.setState({ tool: 'window' }),
  },
  {
    id: 'align.by-hand',
    label: 'Align by hand',
    group: 'Fusion',
    icon: Move3d,
    keys: ['G'],
    isEnabled: ({ model }) => model.canAlign,
    isOn: (context) => state(context).byHand !== null,
    perform: ({ store }) =>
      store.setState(({ byHand, points }) =>
        byHand === null
          ? { byHand: noNudge(points.ct), tool: 'move', content: 'fused' }
          : { byHand: null, tool: 'triangulate' },
      ),
  },
  ...nudges,
  paging('page.back', 'Plane before; turn the MIP', ['ArrowUp', 'ArrowLeft'], -1, -10),
  paging('page.on', 'Next plane; turn the MIP', ['ArrowDown', 'ArrowRight'], 1, 10),
  paging('page.back-far', 'Ten planes back', ['PageUp'], -10, -45),
  paging('page.on-far', 'Ten planes on', ['PageDown'], 10, 45),
  paging('page.first', 'First plane', ['Home'], -FAR, 0),
  paging('page.last', 'Last plane', ['End'], FAR, 0),
  {
    id: 'mip.spin',
    label: 'Spin the MIP',
    group: 'Position',
    icon: RotateCw,
    keys: ['Shift+M'],
    isEnabled: hasPet,
    isOn: (context) => state(context).isSpinning,
    perform: ({ store }) => store.setState(({ isSpinning }) => ({ isSpinning: !isSpinning })),
  },
  {
    id: 'mip.maximise',
    label: 'MIP alone, and back',
    group: 'Panes',
    icon: Scan,
    keys: ['M'],
    isEnabled: hasPet,
    isOn: (context) => state(context).maximised === 'mip-pet',
    perform: ({ store }) =>
      store.setState(({ maximised }) => ({ maximised: maximised === 'mip-pet' ? null : 'mip-pet' })),
  },
  {
    id: 'pane.maximise',
    label: 'Active pane alone, and back',
    group: 'Panes',
    icon: Maximize,
    keys: ['Z'],
    isEnabled: always,
    perform: (context) => {
      const pane = activePane(context);
      context.store.setState(({ maximised }) => ({
        maximised: maximised === null ? (pane?.id ?? null) : null,
      }));
    },
  },
  {
    id: 'layout.next',
    label: 'Next layout',
    group: 'Panes',
    icon: LayoutGrid,
    keys: ['N'],
    isEnabled: ({ model }) => model.layouts.length > 1,
    perform: ({ store, model }) =>
      store.setState(({ layoutId }) => {
        const current = currentLayout(model, layoutId);
        return current === undefined ? {} : { layoutId: next(model.layouts, current).id, maximised: null };
      }),
  },
  zooming('pane.larger', 'Zoom in', ['+', '='], 1.2),
  zooming('pane.smaller', 'Zoom out', ['-'], 1 / 1.2),
  {
    id: 'pane.reset',
    label: 'Fit all panes',
    group: 'Panes',
    icon: Minimize,
    keys: [' ', '0'],
    isEnabled: always,
    perform: ({ panes }) => {
      for (const pane of panes.values()) pane.reset();
    },
  },
  {
    id: 'outlines',
    label: 'Outlines',
    group: 'Findings',
    icon: SquareDashed,
    keys: ['O'],
    isEnabled: ({ model }) => model.lesions.length > 0,
    isOn: (context) => state(context).showsOutlines,
    perform: ({ store }) => store.setState(({ showsOutlines }) => ({ showsOutlines: !showsOutlines })),
  },
  {
    id: 'physiological',
    label: 'Physiological uptake',
    group: 'Findings',
    icon: Eye,
    keys: ['P'],
    isEnabled: ({ model }) => model.lesions.some((lesion) => lesion.physiological !== null),
    isOn: (context) => state(context).showsPhysiological,
    perform: ({ store }) =>
      store.setState(({ showsPhysiological }) => ({ showsPhysiological: !showsPhysiological })),
  },
  {
    id: 'help',
    label: 'Keys and mouse',
    group: 'Page',
    icon: HelpCircle,
    keys: ['?'],
    isEnabled: always,
    perform: ({ store }) => store.setState({ dialog: 'help' }),
  },
];
