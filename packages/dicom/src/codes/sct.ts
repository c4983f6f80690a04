import { scheme } from './code.ts';

const code = scheme('SCT');

/** SNOMED CT codes, as PS3.16 uses them, that our objects write or look for. */
export const sct = {
  // Concept names
  findingCategory: code('276214006', 'Finding category'),
  findingSite: code('363698007', 'Finding Site'),
  laterality: code('272741003', 'Laterality'),
  topographicalModifier: code('106233006', 'Topographical modifier'),
  measurementMethod: code('370129005', 'Measurement Method'),
  quantity: code('246205007', 'Quantity'),
  source: code('260753009', 'Source'),
  volume: code('118565006', 'Volume'),
  length: code('410668003', 'Length'),
  diameter: code('81827009', 'Diameter'),
  longAxis: code('103339001', 'Long Axis'),
  shortAxis: code('103340004', 'Short Axis'),
  area: code('42798000', 'Area'),

  // Laterality, CID 244
  right: code('24028007', 'Right'),
  left: code('7771000', 'Left'),
  bilateral: code('51440002', 'Right and left'),

  // Derivations, CID 7464
  maximum: code('56851009', 'Maximum'),
  minimum: code('255605001', 'Minimum'),
  mean: code('373098007', 'Mean'),
  median: code('373099004', 'Median'),
  mode: code('373100007', 'Mode'),
  standardDeviation: code('386136009', 'Standard Deviation'),
  total: code('255619001', 'Total'),

  // Categories of segmented properties, CID 7150
  anatomicalStructure: code('91723000', 'Anatomical Structure'),
  morphologicallyAbnormalStructure: code('49755003', 'Morphologically Abnormal Structure'),
  tissue: code('85756007', 'Tissue'),
  functional: code('246464006', 'Function'),
  bodySubstance: code('91720002', 'Body Substance'),
  physicalObject: code('260787004', 'Physical object'),
  spatialAndRelational: code('309825002', 'Spatial and Relational Concept'),

  // Abnormal structures
  neoplasm: code('108369006', 'Neoplasm'),
  primaryNeoplasm: code('372087000', 'Primary malignant neoplasm'),
  secondaryNeoplasm: code('14799000', 'Neoplasm, Secondary'),
  lesion: code('52988006', 'Lesion'),
  mass: code('4147007', 'Mass'),
  nodule: code('27925004', 'Nodule'),
  cyst: code('367643001', 'Cyst'),
  necrosis: code('6574001', 'Necrosis'),
  edema: code('79654002', 'Edema'),
  pneumothorax: code('36118008', 'Pneumothorax'),

  // Anatomy
  adrenal: code('23451007', 'Adrenal gland'),
  aorta: code('15825003', 'Aorta'),
  bladder: code('89837001', 'Bladder'),
  bone: code('3138006', 'Bone'),
  brain: code('12738006', 'Brain'),
  brainStem: code('119238007', 'Brain stem'),
  colon: code('71854001', 'Colon'),
  duodenum: code('38848004', 'Duodenum'),
  esophagus: code('32849002', 'Esophagus'),
  eyeball: code('79652003', 'Eyeball'),
  femur: code('71341001', 'Femur'),
  gallbladder: code('28231008', 'Gallbladder'),
  headAndNeck: code('774007', 'Head and Neck'),
  heart: code('80891009', 'Heart'),
  inferiorVenaCava: code('64131007', 'Inferior vena cava'),
  kidney: code('64033007', 'Kidney'),
  leftVentricle: code('87878005', 'Left ventricle'),
  liver: code('10200004', 'Liver'),
  lung: code('39607008', 'Lung'),
  lymphNode: code('59441001', 'Lymph node'),
  mandible: code('91609006', 'Mandible'),
  opticChiasm: code('244453006', 'Optic chiasm'),
  pancreas: code('15776009', 'Pancreas'),
  parotid: code('45289007', 'Parotid gland'),
  pelvis: code('12921003', 'Pelvis'),
  prostate: code('41216001', 'Prostate'),
  rectum: code('34402009', 'Rectum'),
  rightVentricle: code('53085002', 'Right ventricle'),
  salivaryGland: code('385294005', 'Salivary gland'),
  skull: code('89546000', 'Skull'),
  smallBowel: code('30315005', 'Small intestine'),
  spinalCord: code('2748008', 'Spinal cord'),
  spine: code('421060004', 'Vertebral column'),
  spleen: code('78961009', 'Spleen'),
  stomach: code('69695003', 'Stomach'),
  submandibularGland: code('54019009', 'Submandibular gland'),
  thorax: code('51185008', 'Thorax'),
  thyroid: code('69748006', 'Thyroid'),
  trachea: code('44567001', 'Trachea'),
  wholeBody: code('38266002', 'Entire body'),
  abdomen: code('113345001', 'Abdomen'),

  // Radiopharmaceuticals and procedures
  fluorine18: code('77004003', '^18^Fluorine'),
  fluorodeoxyglucose: code('35321007', 'Fluorodeoxyglucose F^18^'),
  petCtFdgWholeBody: code('443271005', 'PET/CT FDG imaging of whole body'),
  myocardialPerfusionStudy: code('252432008', 'Radionuclide myocardial perfusion study'),
  petHeart: code('241439007', 'PET heart study'),

  // Myocardial perfusion; states are CID 3101
  myocardialPerfusion: code('251053005', 'Myocardial perfusion'),
  extentOfPerfusionDefect: code('427751006', 'Extent of cardiac perfusion defect'),
  transientIschemicDilatationRatio: code(
    '428832008',
    'Transient ischemic dilatation ratio of left ventricular cavity',
  ),
  cardiacEjectionFraction: code('70822001', 'Cardiac Ejection Fraction'),
  restingState: code('128975004', 'Resting State'),
  cardiacStressState: code('432655005', 'Cardiac Stress State'),
} as const;
