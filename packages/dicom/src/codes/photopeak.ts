import { scheme } from './code.ts';

/** Designator of our private scheme; every object that uses it declares it in (0008,0110). */
export const PHOTOPEAK_SCHEME = '99PHOTOPEAK';

const code = scheme(PHOTOPEAK_SCHEME);

/** Concepts for which no standard code exists (values of at most 16 characters, stable for ever). */
export const photopeak = {
  // Registration quality
  registrationQuality: code('REGQUALITY', 'Registration quality'),
  registrationScore: code('REGSCORE', 'Registration score'),
  misalignment: code('MISALIGN', 'Estimated misalignment'),
  diaphragmMismatch: code('DIAPHRAGM', 'Diaphragm mismatch between PET and CT'),
  normalizedMutualInformation: code('NMI', 'Normalized mutual information'),
  registrationUncertainty: code('REGUNCERT', 'Registration uncertainty'),

  // Whole-patient numbers of PET
  wholePatient: code('WHOLEPATIENT', 'Whole patient summary'),
  maximumLesionDistance: code('DMAX', 'Largest distance between two lesions'),
  numberOfLesions: code('NLESIONS', 'Number of lesions'),
  totalMetabolicTumorVolume: code('TMTV', 'Total metabolic tumor volume'),
  totalLesionGlycolysisAll: code('TTLG', 'Total lesion glycolysis of all lesions'),
  referenceRegion: code('REFREGION', 'Reference region'),
  physiologicalUptake: code('PHYSUPTAKE', 'Physiological uptake'),
  suvComputation: code('SUVCOMPUTATION', 'SUV computation'),

  // Comparison with studies from before
  lesionState: code('LESIONSTATE', 'State of the lesion against before'),
  relatedLesion: code('RELATEDLESION', 'Lesion that it belongs with'),
  changeSuvMax: code('CHGSUVMAX', 'Change of SUVmax'),
  changeSuvPeak: code('CHGSUVPEAK', 'Change of SUVpeak'),
  changeMetabolicVolume: code('CHGMTV', 'Change of metabolic volume'),
  changeTotalLesionGlycolysis: code('CHGTLG', 'Change of total lesion glycolysis'),
  residualUptake: code('RESIDUAL', 'Uptake left where a lesion was'),
  comparability: code('COMPARABILITY', 'Comparability of the scans'),
  arithmetic: code('ARITHMETIC', 'Step of the arithmetic'),

  // Response criteria and categories without standard codes
  percist: code('PERCIST', 'PERCIST 1.0'),
  promise: code('PROMISE', 'PROMISE, molecular imaging TNM and expression of PSMA'),
  miPsmaScore: code('MIPSMASCORE', 'miPSMA expression score'),
  miTnm: code('MITNM', 'miTNM'),
  deauville: code('DEAUVILLE', 'Deauville five-point scale'),
  lugano: code('LUGANO', 'Lugano 2014, PET-CT'),
  recip: code('RECIP', 'RECIP 1.0'),

  // Myocardial perfusion
  summedStressScore: code('SSS', 'Summed stress score'),
  summedRestScore: code('SRS', 'Summed rest score'),
  summedScore: code('SUMMEDSCORE', 'Summed perfusion score'),
  summedDifferenceScore: code('SDS', 'Summed difference score'),
  totalPerfusionDeficit: code('TPD', 'Total perfusion deficit'),
  halfDepthExtent: code('HALFDEPTHEXTENT', 'Extent of perfusion defect inside half-depth contours'),
  defectSeverity: code('DEFECTSEVERITY', 'Mean deviation of the defect from normal in SD'),
  segmentUptake: code('SEGUPTAKE', 'Uptake of the segment relative to normal'),
  segmentScore: code('SEGSCORE', 'Perfusion score of the segment'),
  phaseMean: code('LVPHASEMEAN', 'Mean phase of left ventricular contraction'),
  phaseSd: code('LVPHASESD', 'Standard deviation of the phase of left ventricular contraction'),
  phaseBandwidth: code('LVPHASEBAND', 'Bandwidth of the phase of left ventricular contraction'),
  phaseShare: code('LVPHASESHARE', 'Share of the left ventricle that has a phase'),
  cavityVolume: code('LVCAVITY', 'Left ventricular cavity volume, not gated'),
  normalLimits: code('NORMALLIMITS', 'Normal limits'),
  polarMap: code('POLARMAP', 'Polar map of the left ventricle'),

  // MR inside lesions
  mrSignal: code('MRSIGNAL', 'MR signal in the lesion'),
  adcP10: code('ADCP10', '10th percentile of the apparent diffusion coefficient'),

  // Activity of regions, for dosimetry
  activityConcentration: code('ACTCONC', 'Activity concentration'),
  regionActivity: code('REGIONACTIVITY', 'Activity in the region'),
  regionActivityRecovered: code('RECOVACTIVITY', 'Activity in the region, corrected for recovery'),
  shareOfAdministered: code('PCTADMINISTERED', 'Share of the administered activity'),
  relativeUptake: code('RELUPTAKE', 'Uptake relative to the reference'),
  timeAfterAdministration: code('HOURSAFTER', 'Time after administration'),
  effectiveHalfLife: code('EFFHALFLIFE', 'Effective half-life'),
  timeIntegratedActivity: code('TIMEINTACTIVITY', 'Time-integrated activity'),
  quantification: code('QUANTIFICATION', 'Quantification of activity'),
  spectCt: code('SPECTCT', 'SPECT/CT'),

  // Kinds of enhancement, second item of DerivationCodeSequence
  simulatedDose: code('SIMDOSE', 'Noise of a lower radiation dose simulated'),
  aiDenoising: code('AIDENOISE', 'AI-based noise reduction'),
  aiArtifactReduction: code('AIMAR', 'AI-based metal artifact reduction'),
  aiSuperResolution: code('AISUPERRES', 'AI-based super-resolution'),
  aiSpeckleReduction: code('AISPECKLE', 'AI-based speckle reduction'),
  aiHarmonisation: code('AIHARMONISE', 'AI-based harmonisation'),
  deformedForRegistration: code('DEFORMED', 'Deformed for registration'),

  // What is said of enhanced images
  imageQuality: code('IMAGEQUALITY', 'Quality of the image'),
  imageNoise: code('IMAGENOISE', 'Noise of the image'),
  imageValue: code('IMAGEVALUE', 'Value of the image'),
  imageDifference: code('IMAGEDIFF', 'Difference from the original image'),
  signalToNoise: code('SNR', 'Signal-to-noise ratio'),
  contrastToNoise: code('CNR', 'Contrast-to-noise ratio'),
  edgeWidthHigh: code('EDGEWIDTHHIGH', 'Width of edges of high contrast from 10 to 90 percent'),
  edgeWidthLow: code('EDGEWIDTHLOW', 'Width of edges of low contrast from 10 to 90 percent'),
  taskTransferHigh: code('TTF50HIGH', 'Spatial frequency of half of the task transfer at high contrast'),
  taskTransferLow: code('TTF50LOW', 'Spatial frequency of half of the task transfer at low contrast'),
  noisePowerMean: code('NPSMEAN', 'Mean spatial frequency of the noise power spectrum'),

  // Checks of enhanced images against their originals
  newStructure: code('NEWSTRUCTURE', 'Structure that the original does not show'),
  lostStructure: code('LOSTSTRUCTURE', 'Structure of the original that is lost'),
  newLine: code('NEWLINE', 'Line that the original does not show'),
  lostLine: code('LOSTLINE', 'Line of the original that is lost'),
  changeTexture: code('CHGTEXTURE', 'Texture of the change against the noise of the original'),
  beyondNoise: code('BEYONDNOISE', 'Share of voxels that changed beyond the noise'),
  edgeResidual: code('EDGERESIDUAL', 'Change on edges against that elsewhere'),
  relativeSharpness: code('RELSHARPNESS', 'Steepness of edges against the original'),
  meanBias: code('MEANBIAS', 'Change of the mean in even tissue'),
  dataConsistency: code('CONSISTENCY', 'Consistency with the measured data'),
  nullSpace: code('NULLSPACE', 'Detail that the measured data cannot tell'),
  nullSpaceShare: code('NULLSPACESHARE', 'Share of detail that the measured data cannot tell'),
  contrastOrder: code('CONTRASTORDER', 'Correlation of contrasts with the original'),
  lesionRecovery: code('LESIONRECOVERY', 'Contrast recovered of inserted lesions'),
  noiseJitter: code('JITTER', 'Answer of the method to added noise'),

  enhancement: code('ENHANCEMENT', 'Enhancement of the image'),
  enhancedImage: code('ENHANCEDIMAGE', 'Enhanced image'),

  // Decisions of a reader about a finding of the AI
  readerDecision: code('DECISION', 'Decision of the reader'),
  accepted: code('ACCEPTED', 'Accepted'),
  modified: code('MODIFIED', 'Modified'),
  rejected: code('REJECTED', 'Rejected'),
} as const;
