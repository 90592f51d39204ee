/**
 * What a role's ARN tells: its partition, account and name, and the region whose STS to ask when nothing names one.
 *
 * Regions: the one each partition treats as its default, as listed in the SDKs' partitions.json and the endpoints page of each.
 */

export interface RoleName {
  /** "aws", "aws-cn" … */
  readonly partition: string;
  /** Twelve digits. */
  readonly account: string;
  /** Last element of the path: "Admin" of "role/teams/Admin". */
  readonly name: string;
}

const DEFAULT_REGIONS: Readonly<Record<string, string>> = {
  aws: "us-east-1",
  "aws-cn": "cn-north-1",
  "aws-us-gov": "us-gov-west-1",
  "aws-iso": "us-iso-east-1",
  "aws-iso-b": "us-isob-east-1",
  "aws-iso-e": "eu-isoe-west-1",
  "aws-iso-f": "us-isof-south-1",
  "aws-eusc": "eusc-de-east-1",
};

/** The parts of "arn:aws:iam::123456789012:role/path/Name"; configuration has already refused what is not one. */
export function parseRoleArn(arn: string): RoleName {
  const [, partition = "aws", , , account = "", ...resource] = arn.split(":");
  return { partition, account, name: resource.join(":").split("/").at(-1) ?? "" };
}

/** The region to ask STS in for a role when the profile has none; "us-east-1" for a partition not known here. */
export function defaultRegion(roleArn: string): string {
  return regionOfPartition(parseRoleArn(roleArn).partition);
}

/** The same for a partition itself: "aws-cn". */
export function regionOfPartition(partition: string): string {
  return DEFAULT_REGIONS[partition] ?? "us-east-1";
}

/** The partition that a region is of: "aws-cn" of "cn-north-1", "aws" of any that is not known here. */
export function partitionOfRegion(region: string): string {
  const known = Object.entries(DEFAULT_REGIONS).filter(([partition]) => partition !== "aws");
  return known.find(([, each]) => areaOf(each) === areaOf(region))?.[0] ?? "aws";
}

/** What the regions of one partition begin with: "us-gov" of "us-gov-west-1". */
function areaOf(region: string): string {
  return region.split("-").slice(0, -2).join("-");
}
