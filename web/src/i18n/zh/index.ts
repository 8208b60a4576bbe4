import { zh as common } from "./common";
import { zh as home } from "./home";
import { zh as dataset } from "./dataset";
import { zh as upload } from "./upload";
import { zh as batch } from "./batch";
import { zh as crop } from "./crop";
import { zh as tagging } from "./tagging";
import { zh as stage } from "./stage";
import { zh as tag } from "./tag";
import { zh as picture } from "./picture";
import { zh as trigger } from "./trigger";
import { zh as regularization } from "./regularization";
import { zh as seen } from "./seen";
import { zh as view } from "./view";
import { zh as mirror } from "./mirror";
import { zh as health } from "./health";
import { zh as train } from "./train";
import { zh as setting } from "./setting";
import { zh as toml } from "./toml";
import { zh as kohya } from "./kohya";
import { zh as run } from "./run";
import { zh as preview } from "./preview";
import { zh as preset } from "./preset";
import { zh as job } from "./job";
import { zh as queue } from "./queue";
import { zh as model } from "./model";
import { zh as settings } from "./settings";
import { zh as judge } from "./judge";
import { zh as compare } from "./compare";
import { zh as workbench } from "./workbench";
import { zh as tool } from "./tool";

/** 网页的全部中文文字，键与 `en/` 相同（缺一个就通不过类型检查）。 */
export const zh = {
  ...common,
  ...home,
  ...dataset,
  ...upload,
  ...batch,
  ...crop,
  ...tagging,
  ...stage,
  ...tag,
  ...picture,
  ...trigger,
  ...regularization,
  ...seen,
  ...view,
  ...mirror,
  ...health,
  ...train,
  ...setting,
  ...toml,
  ...kohya,
  ...run,
  ...preview,
  ...preset,
  ...job,
  ...queue,
  ...model,
  ...settings,
  ...judge,
  ...compare,
  ...workbench,
  ...tool,
};
