export { ageAt, dicomDate, dicomTime, millilitres, personName, uptake } from './format.ts';
