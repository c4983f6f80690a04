export { ageAt, dicomDate, dicomTime, millilitres, moment, personName, uptake } from './format.ts';
