import { scheme } from './code.ts';

const code = scheme('DCM');

/** Codes of the DICOM Controlled Terminology (PS3.16 Annex D) that our objects write or look for. */
export const dcm = {
  // Titles of measurement reports, CID 7021
  imagingMeasurementReport: code('126000', 'Imaging Measurement Report'),
  oncologyMeasurementReport: code('126001', 'Oncology Measurement Report'),
  petMeasurementReport: code('126003', 'PET Measurement Report'),

  // Structure of TID 1500
  languageOfContent: code('121049', 'Language of Content Item and Descendants'),
  procedureReported: code('121058', 'Procedure reported'),
  imageLibrary: code('111028', 'Image Library'),
  imageLibraryGroup: code('126200', 'Image Library Group'),
  imagingMeasurements: code('126010', 'Imaging Measurements'),
  derivedImagingMeasurements: code('126011', 'Derived Imaging Measurements'),
  measurementGroup: code('125007', 'Measurement Group'),
  comment: code('121106', 'Comment'),
  radiopharmaceutical: code('123001', 'Radiopharmaceutical'),
  psma1007: code('126758', 'PSMA-1007 F^18^'),
  psma617: code('126759', 'PSMA-617 Ga^68^'),

  // Observation context, TID 1001 to 1004
  observerType: code('121005', 'Observer Type'),
  person: code('121006', 'Person'),
  device: code('121007', 'Device'),
  personObserverName: code('121008', 'Person Observer Name'),
  personObserverOrganization: code('121009', "Person Observer's Organization Name"),
  deviceObserverUid: code('121012', 'Device Observer UID'),
  deviceObserverName: code('121013', 'Device Observer Name'),
  deviceObserverManufacturer: code('121014', 'Device Observer Manufacturer'),
  deviceObserverModelName: code('121015', 'Device Observer Model Name'),
  deviceObserverSerialNumber: code('121016', 'Device Observer Serial Number'),

  // Measurement groups, TID 1410, 1411, 1501
  trackingIdentifier: code('112039', 'Tracking Identifier'),
  trackingUniqueIdentifier: code('112040', 'Tracking Unique Identifier'),
  finding: code('121071', 'Finding'),
  referencedSegment: code('121191', 'Referenced Segment'),
  referencedSegmentationFrame: code('121214', 'Referenced Segmentation Frame'),
  sourceSeriesForSegmentation: code('121232', 'Source series for segmentation'),
  sourceImageForSegmentation: code('121233', 'Source image for segmentation'),
  realWorldValueMapUsed: code('126100', 'Real World Value Map used for measurement'),
  imageRegion: code('111030', 'Image Region'),
  volumeSurface: code('121231', 'Volume Surface'),
  regionInSpace: code('130488', 'Region in Space'),

  // Time point context, TID 1502
  subjectTimePointIdentifier: code('126070', 'Subject Time Point Identifier'),
  protocolTimePointIdentifier: code('126071', 'Protocol Time Point Identifier'),
  timePointType: code('126072', 'Time Point Type'),
  timePointOrder: code('126073', 'Time Point Order'),
  posttreatment: code('126074', 'Posttreatment'),
  longitudinalTemporalOffset: code('128740', 'Longitudinal Temporal Offset from Event'),
  longitudinalTemporalEventType: code('128741', 'Longitudinal Temporal Event Type'),

  // Response, TID 4106 and CID 6147
  responseEvaluation: code('112020', 'Response Evaluation'),
  responseEvaluationMethod: code('112021', 'Response Evaluation Method'),
  recist: code('126081', 'RECIST 1.1'),
  currentResponse: code('112048', 'Current Response'),

  // Algorithm identification, TID 4019
  algorithmFamily: code('111000', 'Algorithm Family'),
  algorithmName: code('111001', 'Algorithm Name'),
  algorithmParameters: code('111002', 'Algorithm Parameters'),
  algorithmVersion: code('111003', 'Algorithm Version'),
  algorithmManufacturer: code('122405', 'Algorithm Manufacturer'),
  artificialIntelligence: code('123110', 'Artificial Intelligence'),
  adaptiveFiltering: code('123102', 'Adaptive Filtering'),

  // Measurements of MR, CID 7180
  apparentDiffusionCoefficient: code('113041', 'Apparent Diffusion Coefficient'),

  // Measurements of PET, CID 7466 and the SUV concepts
  derivation: code('121401', 'Derivation'),
  peakValueWithinRoi: code('126031', 'Peak Value Within ROI'),
  sumOfSegmentedVoxelVolumes: code('126030', 'Sum of segmented voxel volumes'),
  metabolicVolume: code('126032', 'Metabolic Volume'),
  totalLesionGlycolysis: code('126033', 'Total Lesion Glycolysis'),
  lesionToBackgroundSuvRatio: code('126039', 'Lesion to Background SUV Ratio'),
  suv: code('126400', 'Standardized Uptake Value'),
  suvBw: code('126401', 'SUVbw'),
  suvLbm: code('126402', 'SUVlbm'),
  suvBsa: code('126403', 'SUVbsa'),
  suvIbw: code('126404', 'SUVibw'),
  suvLbmJanma: code('126405', 'SUVlbm(Janma)'),
  suvLbmJames128: code('126406', 'SUVlbm(James128)'),
  suvBwMethod: code('126410', 'SUV body weight calculation method'),
  suvLbmMethod: code('126411', 'SUV lean body mass calculation method'),
  suvBsaMethod: code('126412', 'SUV body surface area calculation method'),
  suvIbwMethod: code('126413', 'SUV ideal body weight calculation method'),
  suvLbmJanmaMethod: code('126414', 'SUV lean body mass calculation Janmahasatian method'),
  suvLbmJames128Method: code('126415', 'SUV lean body mass calculation method using 128 multiplier'),
  attenuationCoefficient: code('112031', 'Attenuation Coefficient'),
  certaintyOfFinding: code('111012', 'Certainty of Finding'),

  // Quality and registration
  imageQualityRating: code('111029', 'Image Quality Rating'),
  qualityAssessment: code('111050', 'Quality Assessment'),
  qualityFinding: code('111052', 'Quality Finding'),
  unusable: code('111235', 'Unusable - Quality renders image unusable'),
  usableBelowStandard: code('111236', 'Usable - Does not meet the quality control standard'),
  usable: code('111237', 'Usable - Meets the quality control standard'),
  registrationMethod: code('128446', 'Registration Method'),
  spatialRegistrationReference: code('128444', 'Spatial Registration Reference'),

  // Registration types, CID 7100
  frameOfReferenceIdentity: code('125021', 'Frame of Reference Identity'),
  fiducialAlignment: code('125022', 'Fiducial Alignment'),
  acquisitionEquipmentAlignment: code('125023', 'Acquisition Equipment Alignment'),
  imageContentBasedAlignment: code('125024', 'Image Content-based Alignment'),
  visualAlignment: code('125025', 'Visual Alignment'),

  // CT Radiation Dose, TID 10013
  ctAcquisition: code('113819', 'CT Acquisition'),
  ctDose: code('113829', 'CT Dose'),
  irradiationEventUid: code('113769', 'Irradiation Event UID'),
  meanCtdiVol: code('113830', 'Mean CTDIvol'),

  // Derivations, CID 7203
  multiplanarReformatting: code('113072', 'Multiplanar reformatting'),
  segmentation: code('113076', 'Segmentation'),
  maximumIntensityProjection: code('113078', 'Maximum intensity projection'),
  spatialResampling: code('113085', 'Spatial resampling'),
  edgeEnhancement: code('113086', 'Edge enhancement'),
  smoothing: code('113087', 'Smoothing'),

  // Purposes of reference, CID 7005 and CID 7202
  acquisitionEquipment: code('109101', 'Acquisition Equipment'),
  processingEquipment: code('109102', 'Processing Equipment'),
  sourceImageForProcessing: code('121322', 'Source image for image processing operation'),

  // Titles of key object selections, CID 7010
  ofInterest: code('113000', 'Of Interest'),
  rejectedForQuality: code('113001', 'Rejected for Quality Reasons'),
  forReferringProvider: code('113002', 'For Referring Provider'),
  forTeaching: code('113004', 'For Teaching'),
  forConference: code('113005', 'For Conference'),
  forResearch: code('113009', 'For Research'),
  qualityIssue: code('113010', 'Quality Issue'),
  bestInSet: code('113013', 'Best In Set'),
  forReportAttachment: code('113020', 'For Report Attachment'),
  rejectedForPatientSafety: code('113037', 'Rejected for Patient Safety Reasons'),
  incorrectModalityWorklistEntry: code('113038', 'Incorrect Modality Worklist Entry'),
  dataRetentionExpired: code('113039', 'Data Retention Policy Expired'),
  documentTitleModifier: code('113011', 'Document Title Modifier'),
  keyObjectDescription: code('113012', 'Key Object Description'),

  background: code('125040', 'Background'),
  modality: code('121139', 'Modality'),
  patientState: code('109054', 'Patient State'),
} as const;
