export { Badge, type Tone } from './badge.tsx';
export { Button, IconButton } from './button.tsx';
export { classes } from './classes.ts';
export { Dialog } from './dialog.tsx';
export { Field, Select, TextInput } from './field.tsx';
export { Key } from './key.tsx';
export { Meter } from './meter.tsx';
