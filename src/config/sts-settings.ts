/**
 * The layers → how the SDKs would find STS, and an endpoint of the user's own for it or another service.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html (order of the endpoint settings)
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html (FIPS and dual-stack)
 */

import { ConfigError } from "../errors.ts";
import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import type { AwsFiles } from "./files.ts";
import { fileOrigin, findSetting, layerSetting, variableSetting } from "./layers.ts";
import type { Layers, ProfileLayer } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import type { Setting, StsSettings } from "./profile.ts";
import { openSection } from "./sections.ts";
import { checkBoolean, checkUrl } from "./values.ts";

/** As sections and, in capitals, variables name it. @see https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html */
export type Service = "sts" | "iam" | "ecr" | "ecr_public";

/** @throws ConfigError "config-value" for what is no URL or boolean, "config-missing" for a `services` section that is not there. */
export function stsSettings(layers: Layers, files: AwsFiles): StsSettings {
  return {
    endpoint: serviceEndpoint("sts", layers, files),
    useFips: isOn(layers, attributes.useFips),
    useDualstack: isOn(layers, attributes.useDualstack),
  };
}

/** An endpoint of the user's own. @throws ConfigError as `stsSettings` */
export function serviceEndpoint(service: Service, layers: Layers, files: AwsFiles): Setting<string> | undefined {
  const endpoint = isOn(layers, attributes.ignoreEndpoints) ? undefined : findEndpoint(service, layers, files);
  return endpoint && checkUrl(endpoint);
}

function isOn(layers: Layers, attribute: Attribute): boolean {
  const setting = findSetting(layers, attribute);
  return setting !== undefined && checkBoolean(setting);
}

function findEndpoint(service: Service, { env, profiles }: Layers, files: AwsFiles): Setting<string> | undefined {
  const fromEnvironment = variableSetting(env, `AWS_ENDPOINT_URL_${service.toUpperCase()}`) ?? variableSetting(env, "AWS_ENDPOINT_URL");
  if (fromEnvironment !== undefined) return fromEnvironment;
  for (const profile of profiles) {
    const found = servicesEndpoint(service, profile, files) ?? layerSetting(profile, "endpoint_url");
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `services = x` in the profile leads to `[services x]`, where `sts =` (or another's name) has an `endpoint_url` nested below it. */
function servicesEndpoint(service: Service, profile: ProfileLayer, { config }: AwsFiles): Setting<string> | undefined {
  const services = layerSetting(profile, "services");
  if (services === undefined) return undefined;
  const section = openSection(config, `services ${services.value}`);
  if (section === undefined) {
    throw new ConfigError("config-missing", `${describeOrigin(services.origin)} names [services ${services.value}], which does not exist`, {
      hint: `add [services ${services.value}] to ${config.label}`,
    });
  }
  const found = section.values.get(`${service}.endpoint_url`);
  return found && { value: found.value, origin: fileOrigin(profile.layer, section, { key: "endpoint_url", found }) };
}
