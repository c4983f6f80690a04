export { Badge } from './badge.tsx';
export { Button, IconButton } from './button.tsx';
export { classes } from './classes.ts';
export { Dialog } from './dialog.tsx';
export { Field, Select, TextInput } from './field.tsx';
export { ageAt, dicomDate, dicomTime, millilitres, personName, uptake } from './format.ts';
export { Key } from './key.tsx';
export { Meter } from './meter.tsx';
